import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { ControlClient } from '#lib/client';
import { type RunCall, UsageError } from '#lib/contracts';

import type { Context } from '../context.ts';
import { parseChanges, run } from './run.ts';

const context: Context = {
  json: false,
  control: () => Promise.reject(new Error('control was asked')),
  print: () => undefined,
  say: () => undefined,
};

test('changes are cut at the first "="; the value may hold more, or be empty', () => {
  expect(parseChanges(['epochs=10', 'a.b={x: "1=2"}', 'seed='])).toEqual({
    epochs: '10',
    'a.b': '{x: "1=2"}',
    seed: '',
  });
  expect(parseChanges([])).toEqual({});
});

test.each(['epochs', '=3', ''])('"%s" is no change', (word) => {
  expect(() => parseChanges([word])).toThrow(UsageError);
});

test.each([
  [[], {}],
  [[], { dataset: 'a', data: 'b' }],
  [['epochs'], { dataset: 'a' }],
  [['epochs'], { data: 'b' }],
])('changes %j with %j are refused before control is asked', async (changes, flags) => {
  await expect(run(context, 'mae', changes, flags)).rejects.toThrow(UsageError);
});

test('weights are sent before the run is asked for, and the run names what came back', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'unlabel-weights-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'resnet18.safetensors');
  await writeFile(file, 'the bytes');
  const weights = { sha256: 'a'.repeat(64), format: 'torchvision' as const };
  const client = new ControlClient('http://nowhere');
  const seen: unknown[] = [];
  client.storeWeights = async (blob) => {
    seen.push(await blob.text());
    return { weights, sizeBytes: blob.size };
  };
  client.startRun = async (call: RunCall) => {
    seen.push(call.changes);
    return { run: 'one', notes: [] };
  };
  const told: string[] = [];
  const withClient = { ...context, control: async () => client, say: (text: string) => void told.push(text) };
  expect(await run(withClient, 'simsiam', ['epochs=1'], { dataset: 'pets', weights: file })).toBe(0);
  expect(seen).toEqual(['the bytes', { epochs: '1', 'backbone.weights': JSON.stringify(weights) }]);
  expect(told).toEqual(['weights resnet18.safetensors: 9 B, names of torchvision']);
});

test.each([
  [[], '/no/such.safetensors', 'there is no file /no/such.safetensors'],
  [['backbone.weights=null'], import.meta.filename, '--weights and backbone.weights'],
])('changes %j with weights %s are refused before control is asked', async (changes, weights, message) => {
  const refused = run(context, 'simsiam', changes, { dataset: 'a', weights });
  await expect(refused).rejects.toThrow(UsageError);
  await expect(refused).rejects.toThrow(message);
});
