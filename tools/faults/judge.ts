import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { connectBus, queueDepths, silentLog } from '#lib/bus';
import { keys, kindOfKey, runHeadSchema, type StepMetrics } from '#lib/contracts';
import { requireJson, sha256 } from '#lib/storage';

import { run, until } from './play.ts';
import type { FaultStack } from './stack.ts';

/** What two plays of one spec must agree in. */
export interface Outcome {
  /** of the final checkpoint: the hash of every file, and nothing that two equal runs differ in */
  manifest: string;
  /** loss and learning rate of every step */
  steps: [step: number, loss: number, learningRate: number][];
  /** sha256 of every shard, view block and picture, and of what probes took images for, by key */
  data: Record<string, string>;
  /** top-1 by what was probed */
  figures: Record<string, number>;
  /** resident bytes of each service when all was done */
  memory: Record<string, number>;
}

/** The manifest of a run's final checkpoint: the hash of every file, and nothing that two equal runs differ in. */
export async function finalManifest({ store }: FaultStack, name: string): Promise<string> {
  const head = await requireJson(store, keys.runHead(name), runHeadSchema);
  const last = head.checkpoints.at(-1);
  if (last?.kind !== 'final') throw new Error(`the last checkpoint of ${name} is ${last?.kind}, expected final`);
  const manifest = await store.get(keys.checkpointFile(last.folder, 'manifest.json'));
  if (!manifest) throw new Error(`the manifest of ${last.folder} is not there`);
  return new TextDecoder().decode(manifest.bytes);
}

/** Reads what came of a run. */
export async function outcomeOf(stack: FaultStack): Promise<Outcome> {
  const { client } = stack;
  const data = await dataOf(stack);
  const { metrics } = await until(stack, 'the metrics', () => client.metrics(run));
  const { probes } = await until(stack, 'the run', () => client.run(run));
  return {
    manifest: await finalManifest(stack, run),
    steps: metrics.map(({ step, loss, learningRate }: StepMetrics) => [step, loss, learningRate]),
    data,
    figures: Object.fromEntries(probes.map(({ encoder, kind, top1 }) => [`${JSON.stringify(encoder)} ${kind}`, top1])),
    memory: stack.memory(),
  };
}

/** sha256 of every shard, view block, prediction and picture, by key. */
export async function dataOf({ store }: FaultStack): Promise<Record<string, string>> {
  const data: Record<string, string> = {};
  for (const prefix of ['shards/', 'views/', keys.picturesOf(run), keys.predictionsOf(run)])
    for await (const { key } of store.list(prefix)) {
      if (isMark(key)) continue; // they go with the end of their job, which `leftovers` waits for
      const object = await store.get(key);
      if (object) data[key] = sha256(object.bytes);
    }
  return data;
}

const isMark = (key: string): boolean => ['failed-mark', 'strike'].includes(kindOfKey(key));

/** More than this beside what a service held in the undisturbed play is memory that was not given back. */
const moreMemory = { part: 0.5, bytes: 128e6 };

/**
 * What differs between a play and the undisturbed one; none is expected.
 *
 * @param evicts whether view blocks may be gone, since their cache has a small budget
 */
export function differences(got: Outcome, wanted: Outcome, evicts = false): string[] {
  const found: string[] = [];
  if (got.manifest !== wanted.manifest)
    found.push(`the final checkpoint differs:\n${got.manifest}\n${wanted.manifest}`);
  if (JSON.stringify(got.steps) !== JSON.stringify(wanted.steps)) {
    const at = wanted.steps.findIndex((step, i) => JSON.stringify(step) !== JSON.stringify(got.steps[i]));
    found.push(
      `the steps differ at ${at}: ${JSON.stringify(got.steps[at])}, expected ${JSON.stringify(wanted.steps[at])}`,
    );
  }
  const every = new Set([...Object.keys(got.data), ...Object.keys(wanted.data)]);
  for (const key of every)
    if (got.data[key] !== wanted.data[key] && !(evicts && key.startsWith('views/') && got.data[key] === undefined))
      found.push(`${key}: ${got.data[key]}, expected ${wanted.data[key]}`);
  if (JSON.stringify(got.figures) !== JSON.stringify(wanted.figures))
    found.push(`the figures differ: ${JSON.stringify(got.figures)}, expected ${JSON.stringify(wanted.figures)}`);
  for (const [name, bytes] of Object.entries(got.memory)) {
    const calm = wanted.memory[name] ?? 0;
    if (bytes > (1 + moreMemory.part) * calm + moreMemory.bytes)
      found.push(
        `${name} holds ${(bytes / 1e6).toFixed(0)} MB, ${(calm / 1e6).toFixed(0)} MB where nothing went wrong`,
      );
  }
  return found;
}

/** A job that failed is handed back with a delay of half a minute at most; then it is done once more. */
const settleMs = 45_000;

/** What a play left behind that should be gone: jobs, dead letters, marks, half-written files. */
export async function leftovers(stack: FaultStack): Promise<string[]> {
  const found: string[] = [];
  const bus = await connectBus({ url: stack.nats.url, name: 'judge', log: silentLog });
  try {
    const busy = async () => (await queueDepths(bus)).filter(({ pending, inFlight }) => pending + inFlight > 0);
    const deadline = performance.now() + settleMs;
    while ((await busy()).length > 0 && performance.now() < deadline) await sleep(200);
    for (const { stream, pending, inFlight } of await busy())
      found.push(`${stream}: ${pending} jobs wait, ${inFlight} are in work`);
  } finally {
    await bus.close();
  }
  for (const { subject, reason } of await until(stack, 'the dead letters', () => stack.client.deadLetters()))
    found.push(`dead letter ${subject}: ${reason}`);
  for await (const { key } of stack.store.list(''))
    if (isMark(key) || kindOfKey(key) === 'other') found.push(`left in storage: ${key}`);
  return found;
}

/** Earlier versions of objects, and what a killed process was writing: the store removes both after a time. */
const isOfStore = (path: string): boolean => /@\/\d+$/.test(path) || path.startsWith('@temporary/');

/** A step on its way into TensorFlow, of a process that was killed meanwhile: the next one that trains a minute later sweeps it. */
const isSweptLater = (name: string): boolean => /^unlabel-step-\d+-/.test(name);

/** Temporary files, and files of the storage folder that are none of its objects. */
export async function strayFiles(stack: FaultStack): Promise<string[]> {
  const temporary = readdirSync(stack.temporaryFiles).filter((name) => !isSweptLater(name));
  return [...temporary, ...(stack.s3 ? [] : await strayObjects(stack))];
}

async function strayObjects(stack: FaultStack): Promise<string[]> {
  const folder = join(stack.folder, 'storage');
  const known = new Set<string>();
  for await (const { key } of stack.store.list('')) known.add(key);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .filter((path) => !known.has(path) && !isOfStore(path));
}
