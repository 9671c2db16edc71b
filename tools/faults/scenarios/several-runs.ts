import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { keys, runHeadSchema } from '#lib/contracts';
import type { Draws } from '#lib/sampling';
import { getJson } from '#lib/storage';

import { dataOf, finalManifest, leftovers } from '../judge.ts';
import { ingestImages, runEnd, startRun, until } from '../play.ts';
import type { Verdict } from '../scenario.ts';
import { FaultStack, type StorageKind } from '../stack.ts';

/** Runs of one view recipe and seed, so that they read the same views. */
const widths = { first: '16', second: '20', third: '24', fourth: '28' } as const;
type Name = keyof typeof widths;
const patienceMs = 600_000;
const sweptWithinMs = 90_000;
/** Where nothing is killed no lease may end; with the suite's short ones a machine that is busy with other plays lets one end now and then. */
const calmAckWaitMs = 20_000;
const names = Object.keys(widths) as Name[];

/** What came of several runs: the final manifest of each, and every shard and view block. */
interface Ends {
  manifests: Partial<Record<string, string>>;
  data: Record<string, string>;
}

/**
 * Four runs at once on three augment, two pretraining and two probing workers, with shared views: each block is made once, and every run
 * comes to its end. Then the same while augment is scaled from one to four and back, one run is stopped and resumed, one forked, one
 * removed, and workers are killed: the others end with the same bytes.
 */
export async function severalRuns(draws: Draws, storage: StorageKind): Promise<Verdict> {
  const startedMs = performance.now();
  const failures: string[] = [];
  try {
    const calm = await calmly(storage, failures);
    const hurt = await disturbed(draws, storage, failures);
    for (const name of ['first', 'second', 'third'])
      if (calm.manifests[name] !== hurt.manifests[name])
        failures.push(`the final checkpoint of ${name} differs:\n${hurt.manifests[name]}\n${calm.manifests[name]}`);
    for (const [key, hash] of Object.entries(calm.data))
      if (hurt.data[key] !== hash) failures.push(`${key}: ${hurt.data[key]}, expected ${hash}`);
  } catch (error) {
    failures.push(error instanceof Error ? error.message : String(error));
  }
  return { name: severalRunsName, seconds: (performance.now() - startedMs) / 1000, failures, missed: [] };
}
export const severalRunsName = 'four runs at once; then scaled, stopped, resumed, forked, removed, and killed';

async function calmly(storage: StorageKind, failures: string[]): Promise<Ends> {
  const folder = mkdtempSync(join(tmpdir(), 'unlabel-fault-trace-'));
  const trace = join(folder, 'trace');
  try {
    await using stack = await FaultStack.start({
      storage,
      trace,
      patienceMs,
      more: ['augment', 'augment', 'pretrain', 'probe'],
      env: { UNLABEL_ACK_WAIT_MS: String(calmAckWaitMs) },
    });
    await ingestImages(stack);
    await startAll(stack);
    await Promise.all(names.map((name) => runEnd(stack, name)));
    const ends = await endsOf(stack, names);
    const blocks = Object.keys(ends.data).filter((key) => key.endsWith('.safetensors') && key.startsWith('views/'));
    const made = readFileSync(trace, 'utf8')
      .split('\n')
      .filter((line) => /^augment \d+: create view-block before$/.test(line));
    if (made.length !== blocks.length)
      failures.push(`${blocks.length} view blocks were made by ${made.length} jobs: some were made twice`);
    failures.push(...(await unfair(stack)), ...(await leftovers(stack)));
    failures.push(...(await stack.end()).map((left) => `a process is left: ${left}`));
    return ends;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** At once, and long enough that they train beside each other. */
const startAll = (stack: FaultStack): Promise<void[]> =>
  Promise.all(
    names.map((name) =>
      startRun(stack, name, { projectorWidth: widths[name], epochs: '32', 'checkpoint.everyEpochs': '8' }),
    ),
  );

/** Two workers have two runs in work at every time, so no run waits for more than two others. */
async function unfair({ client }: FaultStack): Promise<string[]> {
  const spans = await Promise.all(
    names.map(async (name) => {
      const { metrics } = await client.metrics(name);
      return { name, from: metrics[0]?.at ?? 0, to: metrics.at(-1)?.at ?? 0 };
    }),
  );
  return spans.flatMap(({ name, from }) => {
    const before = spans.filter(({ to }) => to < from).length;
    return before > 2 ? [`${name} began only after ${before} others had ended, with two workers`] : [];
  });
}

async function disturbed(draws: Draws, storage: StorageKind, failures: string[]): Promise<Ends> {
  await using stack = await FaultStack.start({ storage, more: ['pretrain', 'probe'], patienceMs });
  await ingestImages(stack);
  await startAll(stack);
  await Promise.all([
    scaled(stack, draws),
    stoppedAndResumed(stack, 'first'),
    forked(stack, 'second', 'forked'),
    removed(stack, 'fourth'),
    killed(stack, draws),
  ]);
  const kept = ['first', 'second', 'third', 'forked'];
  await Promise.all(kept.map((name) => runEnd(stack, name)));
  await swept(stack, 'fourth');
  failures.push(...(await leftovers(stack)));
  const ends = await endsOf(stack, kept);
  failures.push(...(await stack.end()).map((left) => `a process is left: ${left}`));
  return ends;
}

async function endsOf(stack: FaultStack, of: readonly string[]): Promise<Ends> {
  const manifests = Object.fromEntries(
    await Promise.all(of.map(async (name) => [name, await finalManifest(stack, name)] as const)),
  );
  return { manifests, data: await dataOf(stack) };
}

async function scaled(stack: FaultStack, draws: Draws): Promise<void> {
  for (const count of [4, 1]) {
    await sleep(draws.uniform(1000, 4000));
    await stack.scale('augment', count);
  }
}

/** Waits until a run has a checkpoint. */
const checkpoint = (stack: FaultStack, name: string): Promise<boolean> =>
  until(stack, `a checkpoint of ${name}`, async () => {
    const head = await getJson(stack.store, keys.runHead(name), runHeadSchema);
    return (head?.value.checkpoints.length ?? 0) > 0;
  }) as Promise<boolean>;

async function stoppedAndResumed(stack: FaultStack, name: string): Promise<void> {
  const { client } = stack;
  await checkpoint(stack, name);
  await client.stopRun(name);
  await until(stack, `the stop of ${name}`, async () =>
    ['stopped', 'finished'].includes((await client.run(name)).summary.state),
  );
  if ((await client.run(name)).summary.state === 'stopped') await client.resumeRun(name);
}

async function forked(stack: FaultStack, name: string, fork: string): Promise<void> {
  await checkpoint(stack, name);
  await stack.client.forkRun(name, { run: fork, changes: { epochs: '36' } });
}

async function removed(stack: FaultStack, name: string): Promise<void> {
  await until(stack, `the first step of ${name}`, async () => (await stack.client.run(name)).summary.step > 0);
  await stack.client.removeRun(name);
}

/** What a probe had in work writes after its run was removed, control deletes within a minute. */
async function swept(stack: FaultStack, name: string): Promise<void> {
  const isSwept = async () => {
    const left: string[] = [];
    for await (const { key } of stack.store.list(`${keys.runs()}${name}/`))
      if (key !== keys.runHead(name)) left.push(key);
    if (left.length > 0) throw new Error(`left of a run that was removed: ${left.join(', ')}`);
    return true;
  };
  await until(stack, `the removal of all that ${name} made`, isSwept, sweptWithinMs);
}

async function killed(stack: FaultStack, draws: Draws): Promise<void> {
  for (const service of ['augment', 'pretrain', 'probe', 'pretrain'] as const) {
    await sleep(draws.uniform(1500, 5000));
    await stack.kill(service);
  }
}
