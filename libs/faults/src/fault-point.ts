import { appendFileSync, writeFileSync } from 'node:fs';

import { z } from 'zod';

/** What a test arms: the process that it hits, where, at which time it comes there, and what happens. */
export const faultSchema = z.strictObject({
  /** as in `role`: augment, pretrain, trainer … */
  process: z.string(),
  /** as in `faultPoint` */
  point: z.string(),
  /** counted in each process from 1 */
  nth: z.int().positive().default(1),
  /** how often in a row it happens */
  times: z.int().positive().default(1),
  /**
   * `kill`: SIGKILL; `stop`: SIGSTOP, until someone continues it; `hang`: its thread waits for ever; `fail`: the operation throws;
   * `full-disk`: as where there is no room
   */
  action: z.enum(['kill', 'stop', 'hang', 'fail', 'full-disk']),
  /** a file that is made when it happens, and where it is there already, it does not: of all processes one is hit, once */
  once: z.string().optional(),
});
export type Fault = z.infer<typeof faultSchema>;

/** What an operation throws that a test lets fail; with the system's code where the system would say it. */
export class FaultError extends Error {
  readonly code: string | undefined;
  constructor(message: string, code?: string) {
    super(message);
    this.code = code;
  }
}

const armed = z.array(faultSchema).parse(JSON.parse(process.env['UNLABEL_FAULTS'] ?? '[]'));
const traceFile = process.env['UNLABEL_FAULTS_TRACE'];
/** Whether no point of this process does anything. */
export const isInert = armed.length === 0 && traceFile === undefined;
const counts = new Map<string, number>();
/** Those that began to happen in this process. */
const striking = new Set<Fault>();

/** A service by its app, also in its threads; a process that it starts by the folder of its program. */
const role = /apps\/(?<app>[^/]+)\/src\/(?:(?<part>[^/]+)\/)?[^/]+\.ts$/.exec(process.argv[1] ?? '')?.groups;
const own = role?.['part'] ?? role?.['app'] ?? 'other';

/**
 * A named place at a boundary of the protocol, before or after something that others can see. It does nothing unless the environment
 * arms it: `UNLABEL_FAULTS` is a JSON list of faults, and each place that is passed is written to the file `UNLABEL_FAULTS_TRACE`, a line
 * each, with the process and its number before it.
 *
 * @param point what is done, to what kind of thing, and on which side of it: `create view-block before`
 * @throws FaultError where a test lets it fail
 */
export function faultPoint(point: string): void {
  if (isInert) return;
  if (traceFile !== undefined) appendFileSync(traceFile, `${own} ${process.pid}: ${point}\n`);
  const count = (counts.get(point) ?? 0) + 1;
  counts.set(point, count);
  for (const fault of armed) if (fault.process === own && fault.point === point && isDue(fault, count)) strike(fault);
}

/** Whether it is time: from the nth passing on, in the process that came to it first. */
function isDue(fault: Fault, count: number): boolean {
  const { nth, times, once } = fault;
  if (count < nth || count >= nth + times) return false;
  if (once === undefined || striking.has(fault)) return true;
  if (count > nth) return false;
  try {
    writeFileSync(once, `${process.pid}\n`, { flag: 'wx' });
    striking.add(fault);
    return true;
  } catch {
    return false;
  }
}

function strike({ action, point }: Fault): void {
  if (action === 'fail') throw new FaultError(`a test lets "${point}" fail`);
  if (action === 'full-disk') throw new FaultError('a test lets the disk be full', 'ENOSPC');
  if (action === 'hang') return void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  process.kill(process.pid, action === 'kill' ? 'SIGKILL' : 'SIGSTOP');
  // The signal may reach another thread first: nothing more is done in this one before it has taken effect.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, action === 'kill' ? Infinity : 50);
}
