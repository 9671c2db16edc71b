import { UnlabelError } from '#lib/contracts';

import { readConfig, type ServiceConfig } from './config.ts';
import { errorFields, type Log, makeLog } from './log.ts';

/** Starting: not ready yet. Running: takes work. Draining: ends what it has. Stopped: gone in a moment. */
export type ServiceState = 'starting' | 'running' | 'draining' | 'stopped';

export interface ServiceContext {
  config: ServiceConfig;
  log: Log;
  /** Aborted when the service shall take no more work and end. */
  signal: AbortSignal;
  /** Aborted when the time to drain is over. Until then work may still end: give this, not `signal`, to what it needs. */
  deadline: AbortSignal;
}

/** What a started service gives back: how to end it, once its signal is aborted. */
export type Started = { stop(): Promise<void> };

const drainDeadlineMs = 30_000;

/**
 * Runs a service until SIGTERM or SIGINT, or until its supervisor is gone (the IPC channel closes): reads the settings,
 * starts, then drains and ends. A signal that comes before the start is done is obeyed after it.
 */
export function runService(name: string, start: (context: ServiceContext) => Promise<Started>): void {
  run(name, start).then(
    () => process.exit(0),
    (error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      process.stderr.write(`${name}: ${message}\n`);
      if (error instanceof UnlabelError && error.remedy) process.stderr.write(`${name}: ${error.remedy}\n`);
      else if (error instanceof Error) process.stderr.write(`${error.stack}\n`);
      process.exit(1);
    },
  );
}

async function run(name: string, start: (context: ServiceContext) => Promise<Started>): Promise<void> {
  const config = readConfig(process.env);
  const log = makeLog(name, config.logLevel);
  const stop = new AbortController();
  const deadline = new AbortController();
  const leave = (why: string) => {
    if (stop.signal.aborted) return;
    log.info({ why, state: 'draining' satisfies ServiceState }, 'draining');
    stop.abort(new Error(why));
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => leave(signal));
  watchSupervisor(config.supervised, () => leave('the supervisor is gone'));
  exitOnUncaught(log);
  const stopped = new Promise<void>((resolve) =>
    stop.signal.addEventListener('abort', () => resolve(), { once: true }),
  );
  log.info({ state: 'starting' satisfies ServiceState }, 'starting');
  const service = await start({ config, log, signal: stop.signal, deadline: deadline.signal });
  log.info({ state: 'running' satisfies ServiceState }, 'running');
  await stopped;
  const timer = setTimeout(() => {
    log.error({ deadlineMs: drainDeadlineMs }, 'draining took too long');
    deadline.abort(new Error('draining took too long'));
    process.exit(1);
  }, drainDeadlineMs);
  await service.stop();
  clearTimeout(timer);
  log.info({ state: 'stopped' satisfies ServiceState }, 'stopped');
}

/**
 * Sees the end of the process that started this one, however it ended: its IPC channel closes, or, for a supervised service
 * without one, its standard input.
 */
function watchSupervisor(supervised: boolean, gone: () => void): void {
  if (process.channel) process.on('disconnect', gone);
  else if (supervised) process.stdin.on('end', gone).on('close', gone).on('error', gone).resume();
}

/** What nobody caught leaves the process in an unknown state: say so once, and end. */
function exitOnUncaught(log: Log): void {
  let said = false;
  const end = (error: unknown) => {
    if (!said) log.fatal({ err: errorFields(error) }, 'uncaught error');
    said = true;
    process.exit(1);
  };
  process.on('uncaughtException', end);
  process.on('unhandledRejection', end);
}
