import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, expect, test, vi } from 'vitest';

import type { ControlClient } from '#lib/client';
import { makeImageFolder, temporaryFolder, type TemporaryFolder } from '#lib/testing';

import { runProgram } from '../program.ts';
import { joinControl } from '../stack/join-stack.ts';
import { commandsOf, type Documented, documents } from './documented.ts';

/** Commands that are checked by their words alone (`documented.test.ts`), and why. */
const parsedAlone: readonly { words: RegExp; why: string }[] = [
  { words: /^ingest cifar10 /, why: 'fetches 170 MB from the network' },
  { words: /^ingest ~\/imagenet100 /, why: 'needs gigabytes; imagenet-layout.int.test.ts does it in small' },
  { words: /^experiment /, why: 'starts four trainings; experiment.int.test.ts does so in small' },
  { words: /^up$/, why: 'stays until Ctrl-C; stack.int.test.ts starts one' },
  { words: /^run simsiam --dataset photos$/, why: 'names the control of another machine' },
];

let folder: TemporaryFolder;
let client: ControlClient;

/** Words that stand for something that is here. */
const standsFor = (): Record<string, string> => ({
  '~/photos': join(folder.path, 'photos'),
  '~/photos.tar': join(folder.path, 'photos.tar'),
  '~/photos-eval': join(folder.path, 'photos-eval'),
  '~/Labels.json': join(folder.path, 'Labels.json'),
  'report.html': join(folder.path, 'report.html'),
  'all.html': join(folder.path, 'all.html'),
  'metrics.csv': join(folder.path, 'metrics.csv'),
  logs: join(folder.path, 'logs'),
  SUBJECT: 'unlabel.augment.none',
  RUN: 'doc-run',
  OTHER: 'doc-other',
  'epochs=20': 'epochs=2',
  'epochs=40': 'epochs=4',
  'batch=128': 'batch=16',
  'minutes=30': 'minutes=0.1',
});

/** A training that takes seconds. */
const small: Record<string, Record<string, string>> = {
  simsiam: { 'backbone.name': 'resnet20-v2', 'backbone.options.width': '4', projectorWidth: '16', predictorWidth: '8' },
  mae: { patchSize: '4', decoderWidth: '16', decoderDepth: '1', decoderHeads: '2' },
};
const smallRun: Record<string, string> = {
  batch: '16',
  epochs: '2',
  blockSamples: '32',
  monitors: 'null',
  earlyStopping: 'null',
  'schedule.warmupEpochs': '0',
  precision: 'float32',
  'probe.k': '5',
  'probe.kinds': '[knn]',
  'probe.trainSamples': '64',
  'probe.everyEpochs': '1',
  'probe.pictures': 'none',
  'probe.fineTune': '{epochs: 1, batch: 16}',
};

/** What a command needs to be there before it, and which words it is run with. */
async function prepare(words: string[]): Promise<string[]> {
  const [command, recipe = ''] = words;
  await freeWorker();
  if (words.includes('photos') && command !== 'ingest') await ensureDataset();
  for (const [word, run] of [
    ['RUN', 'doc-run'],
    ['OTHER', 'doc-other'],
  ] as const)
    if (words.includes(word)) await ensureRun(run);
  const table = standsFor();
  if (command === 'stop' || command === 'resume') table['RUN'] = await ensureLongRun(command);
  const put = words.map((word) => table[word] ?? word);
  if (command !== 'run') return put;
  const given = new Set(put.filter((word) => /^[\w.]+=/.test(word)).map((word) => word.split('=')[0] ?? ''));
  const isBudget = given.has('minutes') || given.has('images') || given.has('epochs');
  const extra = Object.entries({ ...small[recipe], ...smallRun }).filter(
    ([key]) =>
      !given.has(key) &&
      !(key === 'epochs' && isBudget) &&
      !(given.has('backbone.name') && key.startsWith('backbone.')),
  );
  return [...put, ...extra.map(([key, value]) => `${key}=${value}`)];
}

async function ensureDataset(): Promise<void> {
  const there = (await client.datasets()).find(({ dataset }) => dataset === 'photos');
  if (there?.state !== 'ready') await done(['ingest', join(folder.path, 'photos'), '--name', 'photos']);
}

async function ensureRun(run: string, changes: Record<string, string> = {}): Promise<void> {
  await ensureDataset();
  const state = async () => (await client.runs()).find((each) => each.run === run)?.state;
  if ((await state()) === undefined)
    await client.startRun({
      recipe: 'simsiam',
      dataset: 'photos',
      run,
      changes: { ...small['simsiam'], ...smallRun, ...changes },
    });
  if (changes['epochs'] === undefined) await expect.poll(state, { timeout: 90_000, interval: 200 }).toBe('finished');
}

const longRun = 'doc-long';
const longState = async () => (await client.runs()).find(({ run: name }) => name === longRun)?.state;

/** A run that does not end by itself: one that can be stopped, and then resumed. */
async function ensureLongRun(command: 'stop' | 'resume'): Promise<string> {
  await ensureRun(longRun, { epochs: '5000', 'probe.everyEpochs': 'null' });
  if (command === 'resume') await freeWorker();
  return longRun;
}

/** Stops the long run, which would keep the only worker from all others. */
async function freeWorker(): Promise<void> {
  const state = await longState();
  if (state !== 'running' && state !== 'queued') return;
  await client.stopRun(longRun);
  await expect.poll(longState, { timeout: 60_000, interval: 200 }).toBe('stopped');
}

/** Runs a command in this process. @throws with what it said, if it fails */
async function done(words: string[]): Promise<string> {
  const said: string[] = [];
  const hear = (text: unknown) => (said.push(String(text)), true);
  const streams = [process.stdout, process.stderr].map((stream) => vi.spyOn(stream, 'write').mockImplementation(hear));
  const code = await runProgram(words).finally(() => streams.forEach((stream) => stream.mockRestore()));
  process.exitCode = 0;
  if (code !== 0) throw new Error(`./unlabel ${words.join(' ')} ended with ${code}:\n${said.join('')}`);
  return said.join('');
}

beforeAll(async () => {
  folder = await temporaryFolder('docs');
  const photos = join(folder.path, 'photos');
  await makeImageFolder(photos, { classes: 3, perClass: 40, size: 16 });
  await makeImageFolder(join(folder.path, 'photos-eval'), { classes: 3, perClass: 8, size: 16, seed: 2 });
  await promisify(execFile)('tar', ['-cf', join(folder.path, 'photos.tar'), '-C', photos, '.']);
  const labels = Object.fromEntries([0, 1, 2].map((label) => [`class-${label}`, `kind ${label}`]));
  await writeFile(join(folder.path, 'Labels.json'), JSON.stringify(labels));
  for (const name of ['UNLABEL_CONTROL', 'NATS_URL', 'UNLABEL_TOKEN', 'UNLABEL_STORAGE']) vi.stubEnv(name, undefined);
  vi.stubEnv('UNLABEL_HOME', join(folder.path, 'home'));
  client = await joinControl(() => undefined);
}, 120_000);
afterAll(async () => {
  await done(['down']).catch(() => undefined);
  await folder[Symbol.asyncDispose]();
  vi.unstubAllEnvs();
}, 60_000);

const isParsedAlone = ({ words, line }: Documented) =>
  line.startsWith('UNLABEL_') || parsedAlone.some(({ words: alone }) => alone.test(words.join(' ')));
const blocks = documents()
  .flatMap(commandsOf)
  .filter(({ isBlock }) => isBlock);
const first = blocks.filter((each, i) => blocks.findIndex(({ line }) => line === each.line) === i);
/** What takes something away comes last, whatever the order of the documents. */
const order = ({ words }: Documented) => (words[0] === 'down' ? 2 : words.includes('remove') ? 1 : 0);
const run = first.filter((each) => !isParsedAlone(each)).sort((a, b) => order(a) - order(b));

test('every reason for not running a command is of a command that a document has', () => {
  for (const { words, why } of parsedAlone)
    expect(
      blocks.some((each) => words.test(each.words.join(' '))),
      why,
    ).toBe(true);
  expect(run.length).toBeGreaterThan(50);
});

test.each(run)(
  '$file: $line',
  async ({ words }) => {
    expect(await done(await prepare(words))).not.toBe('');
  },
  180_000,
);
