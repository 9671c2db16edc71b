import {
  computationInWords,
  type DeadLetter,
  keys,
  probeResultSchema,
  type RunHead,
  type RunLogEntry,
  runResolvedSchema,
  type RunSpec,
  stepMetricsSchema,
} from '#lib/contracts';
import { count } from '#lib/figures';
import { stepsPerEpoch } from '#lib/sampling';
import { getJson, type ListedObject, type ObjectStore } from '#lib/storage';

import { failedMark } from './failures.ts';

type Level = RunLogEntry['level'];
export const entry = (atMs: number, text: string, level: Level = 'info'): RunLogEntry => ({
  at: new Date(atMs).toISOString(),
  level,
  text,
});
const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

/** What the objects of a run tell: what was asked for, attempts, checkpoints, measurements. */
export async function logOfObjects(store: ObjectStore, spec: RunSpec, head: RunHead): Promise<RunLogEntry[]> {
  const objects = new Map<string, ListedObject>();
  for await (const object of store.list(`${keys.runs()}${head.run}/`)) objects.set(object.key, object);
  return [
    asked(spec, head),
    ...(await resolved(store, head, objects)),
    ...(await trained(store, spec, head, objects)),
    ...(await measured(store, head, objects)),
  ];
}

function asked({ recipe, method, backbone, dataset, batch, epochs, budget }: RunSpec, head: RunHead): RunLogEntry {
  const length =
    budget === null
      ? `${epochs} epochs`
      : 'images' in budget
        ? `${count(budget.images)} images`
        : `${budget.minutes} minutes`;
  const what = `${recipe}: ${method.name} with ${backbone.name} on ${dataset.name}, ${length} in batches of ${batch}`;
  return entry(Date.parse(head.createdAt), `asked for: ${what}`);
}

async function resolved(
  store: ObjectStore,
  { run }: RunHead,
  objects: Map<string, ListedObject>,
): Promise<RunLogEntry[]> {
  const object = objects.get(keys.runResolved(run));
  const found = object && (await getJson(store, object.key, runResolvedSchema));
  if (!object || !found) return [];
  const { totalSteps, stepsPerEpoch: perEpoch, device, computation } = found.value;
  const steps = `${count(totalSteps)} steps, ${count(perEpoch)} an epoch`;
  const way = `${computationInWords(computation)} on the ${device === 'gpu' ? 'GPU' : 'CPU'}`;
  return [entry(object.writtenMs, `decided: ${steps}, in ${way} (${computation.why})`)];
}

/**
 * Each commit, and where one attempt took over from another. A commit of steps is a segment of metrics: the head names them all, and
 * their last step is that of a checkpoint.
 */
async function trained(
  store: ObjectStore,
  spec: RunSpec,
  head: RunHead,
  objects: Map<string, ListedObject>,
): Promise<RunLogEntry[]> {
  const entries: RunLogEntry[] = [];
  const perEpoch = stepsPerEpoch(spec.dataset.trainSamples, spec.batch);
  let before: { attempt: number; atMs: number } | undefined;
  for (const { key, from, to } of head.metrics) {
    const object = objects.get(key);
    if (!object) continue;
    const attempt = Number(/-(\d+)\.jsonl$/.exec(key)?.[1] ?? 0);
    if (attempt !== before?.attempt) {
      const atMs = (await firstStepAt(store, key)) ?? object.writtenMs;
      const gap = before ? `, ${inWords(atMs - before.atMs)} after the checkpoint that it goes on from` : '';
      entries.push(entry(atMs, `attempt ${attempt} made its first step, step ${from}${gap}`));
    }
    const kept = head.checkpoints.find(({ step }) => step === to);
    const kind = kept?.kind === 'final' ? 'final checkpoint' : 'checkpoint';
    entries.push(entry(object.writtenMs, `${kind} at step ${to} (epoch ${Math.floor(to / perEpoch)})`));
    before = { attempt, atMs: object.writtenMs };
  }
  return entries;
}

async function firstStepAt(store: ObjectStore, key: string): Promise<number | undefined> {
  const object = await store.get(key);
  const [line = ''] = new TextDecoder().decode(object?.bytes ?? new Uint8Array()).split('\n', 1);
  return line === '' ? undefined : stepMetricsSchema.parse(JSON.parse(line)).at;
}

/** Results and marks below `probes/`, each at the time when it was written. */
async function measured(
  store: ObjectStore,
  { run }: RunHead,
  objects: Map<string, ListedObject>,
): Promise<RunLogEntry[]> {
  const found = [...objects.values()].filter(({ key }) => key.startsWith(keys.probes(run)));
  const entries = await Promise.all(
    found.map(async ({ key, writtenMs }) => {
      const [, step, name] = /\/(\d+)\/([a-z0-9-]+?)(?:\.tune)?(?:\.failed)?\.json$/.exec(key) ?? [];
      if (step === undefined || name === undefined) return [];
      const what = `${name} at step ${Number(step)}${key.includes('.tune.') ? ' on tune' : ''}`;
      const failure = key.endsWith('.failed.json') ? await failedMark(store, key) : undefined;
      if (failure) return [entry(writtenMs, `${what} failed: ${sentence(failure)}`, 'error')];
      const result = key.endsWith('.failed.json') ? undefined : await getJson(store, key, probeResultSchema);
      if (!result) return [];
      const { top1, seconds } = result.value;
      return [entry(writtenMs, `${what}: top-1 ${percent(top1)}, measured in ${inWords(1000 * seconds)}`)];
    }),
  );
  return entries.flat();
}

/** A reason with what to do about it. */
export const sentence = ({ reason, remedy }: Pick<DeadLetter, 'reason' | 'remedy'>): string =>
  remedy === null ? reason : `${reason}; ${remedy}`;

/** A time in the unit that suits it. */
export function inWords(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds / 1000);
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
