import fc from 'fast-check';
import { expect, test } from 'vitest';

import { canonicalJson, encodeSafetensors, FormatError, hostTensor, sha256Text } from '#lib/contracts';

import {
  type CheckpointFiles,
  decodeCheckpoint,
  encodeCheckpoint,
  parseManifest,
  type TrainingState,
} from './checkpoint.ts';

const sha256 = (bytes: Uint8Array) => sha256Text(bytes.join());
const specHash = sha256Text('spec');
const ties = { specHash, seed: 3 };
const shapes = { 'conv.weight': [2, 3], 'conv.bias': [3], 'momentum/conv.weight': [2, 3] };
const slots = new Set(['momentum/conv.weight']);

const training = (state: Record<string, Float32Array>): TrainingState => ({
  step: 12,
  cursor: { epoch: 1, batch: 2 },
  stopper: { epochLossSum: 1 / 3, epochLossCount: 2, rules: [{ best: 0.1 + 0.2, without: 1 }], reason: null },
  ended: null,
  state,
});
const example = training({
  'conv.weight': Float32Array.of(1, 2, 3, 4, 5, 6),
  'conv.bias': Float32Array.of(-0, 1e-45, 3e38),
  'momentum/conv.weight': Float32Array.of(6, 5, 4, 3, 2, 1),
});
const written = () => encodeCheckpoint(example, ties, shapes, slots, sha256);
const read = (checkpoint: CheckpointFiles, wanted: Record<string, number[]> = shapes) =>
  decodeCheckpoint(checkpoint, wanted, sha256, 'runs/a/checkpoints/12');

const values = (length: number) =>
  fc.float32Array({ minLength: length, maxLength: length, noNaN: false, noDefaultInfinity: false });
const states = fc.record({ 'conv.weight': values(6), 'conv.bias': values(3), 'momentum/conv.weight': values(6) });

test('any state reads back bit by bit, through the JSON of its manifest', () => {
  fc.assert(
    fc.property(states, (state) => {
      const { manifest, files } = encodeCheckpoint(training(state), ties, shapes, slots, sha256);
      const parsed = parseManifest(canonicalJson(manifest), specHash, 'manifest.json');
      const back = read({ manifest: parsed, files });
      expect({ ...back, state: null }).toEqual({ ...training(state), state: null });
      for (const [name, array] of Object.entries(state))
        expect(new Uint8Array((back.state[name] as Float32Array).buffer)).toEqual(
          new Uint8Array(array.buffer, array.byteOffset, array.byteLength),
        );
    }),
  );
});

test('equal states give equal bytes, whatever the order of their names', () => {
  const turned = { ...example, state: Object.fromEntries(Object.entries(example.state).reverse()) };
  const again = encodeCheckpoint(turned, ties, shapes, slots, sha256);
  expect(again.files).toEqual(written().files);
  expect(canonicalJson(again.manifest)).toBe(canonicalJson(written().manifest));
});

test('the optimiser has a file of its own, and none where it keeps nothing', () => {
  expect(written().manifest.files.map(({ name }) => name)).toEqual(['model.safetensors', 'optimiser.safetensors']);
  const model = { 'conv.weight': example.state['conv.weight'] as Float32Array };
  const { files } = encodeCheckpoint(training(model), ties, shapes, new Set(), sha256);
  expect(Object.keys(files)).toEqual(['model.safetensors']);
});

test('the model alone is read without the file of the optimiser', () => {
  const { manifest, files } = written();
  const model = { 'model.safetensors': files['model.safetensors'] as Uint8Array };
  const { 'momentum/conv.weight': _, ...modelShapes } = shapes;
  expect(Object.keys(read({ manifest, files: model }, modelShapes).state)).toEqual(['conv.weight', 'conv.bias']);
  expect(() => read({ manifest, files: model })).toThrow(/missing: momentum\/conv\.weight/);
});

test('a file altered by one bit or cut short is refused by name, with both digests', () => {
  for (const change of [
    (bytes: Uint8Array) => bytes.with(bytes.length - 1, (bytes.at(-1) as number) ^ 1),
    (bytes: Uint8Array) => bytes.slice(0, -1),
  ]) {
    const { manifest, files } = written();
    const altered = change(files['model.safetensors'] as Uint8Array);
    const [got, expected] = [sha256(altered), manifest.files[0]?.sha256 as string];
    const reading = () => read({ manifest, files: { ...files, 'model.safetensors': altered } });
    expect(reading).toThrow(FormatError);
    expect(reading).toThrow(
      `runs/a/checkpoints/12/model.safetensors: sha256 is ${got.slice(0, 12)}…, the manifest says ${expected.slice(0, 12)}…`,
    );
  }
});

test('a checkpoint of another spec, another version or another field is refused', () => {
  const manifest = written().manifest;
  const parse = (value: object) => () => parseManifest(canonicalJson(value), specHash, 'runs/a');
  const other = sha256Text('another spec');
  expect(parse({ ...manifest, specHash: other })).toThrow(
    `runs/a: this checkpoint belongs to another spec (${other.slice(0, 12)}…, this run's is ${specHash.slice(0, 12)}…)`,
  );
  expect(parse({ ...manifest, version: 2 })).toThrow(/runs\/a: not a checkpoint manifest of version 1: version: /);
  expect(parse({ ...manifest, host: 'a' })).toThrow(/not a checkpoint manifest of version 1/);
  expect(() => parseManifest('{"format":', specHash, 'runs/a')).toThrow('runs/a: the manifest is not JSON');
});

test('tensors that are missing or misshapen are listed together, the first five of each', () => {
  const wanted = { ...shapes, 'conv.bias': [4], ...Object.fromEntries([...'abcdefg'].map((name) => [name, [1]])) };
  expect(() => read(written(), wanted)).toThrow(
    'runs/a/checkpoints/12: missing: a, b, c, d, e and 2 more; misshapen: conv.bias [3] instead of [4]',
  );
});

test('a tensor of whole numbers is no parameter', () => {
  const { manifest, files } = written();
  const bytes = encodeSafetensors({
    'conv.weight': hostTensor(new Float32Array(6), [2, 3]),
    'conv.bias': hostTensor(new Int32Array(3), [3]),
  });
  const named = { name: 'model.safetensors', sha256: sha256(bytes), sizeBytes: bytes.length };
  const altered = {
    manifest: { ...manifest, files: [named, ...manifest.files.slice(1)] },
    files: { ...files, [named.name]: bytes },
  };
  expect(() => read(altered)).toThrow(/misshapen: conv\.bias I32 \[3\] instead of \[3\]/);
});

test('a state whose entry has no shape is not written', () => {
  const stray = training({ ...example.state, stray: Float32Array.of(1) });
  expect(() => encodeCheckpoint(stray, ties, shapes, slots, sha256)).toThrow(/stray/);
});
