import { expect, test } from 'vitest';
import { z } from 'zod';

import { defineBench } from './bench.ts';
import { parseCommand } from './command-line.ts';
import { countFlag } from './flag-schemas.ts';

const run = async () => ({ tables: [] });
const text = { title: 't', about: 'a', run };
const steps = defineBench({
  ...text,
  flags: z.strictObject({ rounds: countFlag().prefault('9'), quick: z.boolean().default(false) }),
  short: { rounds: '5' },
  needsCompare: true,
});
const shards = defineBench({ ...text, flags: z.strictObject({ rounds: countFlag().prefault('4') }), short: {} });
const ingest = defineBench({
  ...text,
  flags: z.strictObject({ data: z.string().default('fashion-mnist') }),
  short: {},
});
const known = new Map<string, typeof shards>(Object.entries({ steps, shards, ingest }) as []);
const parse = (line: string) => parseCommand(line === '' ? [] : line.split(' '), known);
const flagsOf = (line: string) => Object.fromEntries(parse(line).benches.map(({ name, flags }) => [name, flags]));

test('without a name all run, in their short form; those that only compare need --compare', () => {
  expect(parse('')).toMatchObject({ all: true, compare: false, out: undefined });
  expect(flagsOf('')).toEqual({ shards: { rounds: 4 }, ingest: { data: 'fashion-mnist' } });
  expect(flagsOf('--compare')).toMatchObject({ steps: { rounds: 5, quick: false }, shards: {}, ingest: {} });
});

test('a name runs one, in its full form, with its flags', () => {
  expect(flagsOf('steps --compare')).toEqual({ steps: { rounds: 9, quick: false } });
  expect(flagsOf('steps --rounds=2 --quick --compare')).toEqual({ steps: { rounds: 2, quick: true } });
  expect(parse('shards --out here')).toMatchObject({ all: false, out: 'here', benches: [{ name: 'shards' }] });
});

test('a flag goes to every bench that knows it, over its short form', () => {
  expect(flagsOf('--compare --rounds 3')).toMatchObject({ steps: { rounds: 3 }, shards: { rounds: 3 }, ingest: {} });
});

test.each([
  ['shard', 'unknown bench "shard"; did you mean "shards"?'],
  ['--round 3', 'unknown flag --round; did you mean --rounds?'],
  ['shards --data x', 'unknown flag --data'],
  ['shards extra', 'there is no place for "extra"'],
  ['--rounds', '--rounds needs a value'],
  ['steps --compare=yes', '--compare takes no value'],
  ['shards --rounds 0', '--rounds: Too small: expected number to be >=1; got 0'],
  ['shards --rounds many', 'got many'],
  ['steps', 'has nothing to measure without --compare'],
])('%s is refused: %s', (line, message) => {
  expect(() => parse(line)).toThrow(message);
});
