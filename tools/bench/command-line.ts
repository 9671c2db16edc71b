import { parseArgs } from 'node:util';

import type { z } from 'zod';

import { nearestName, unknownName, UsageError } from '#lib/contracts';

import type { Bench } from './bench.ts';

export interface Command {
  /** The benches to run, with their flags checked. */
  benches: { name: string; bench: Bench; flags: Record<string, unknown> }[];
  /** Whether every bench was asked for, in its short form. */
  all: boolean;
  compare: boolean;
  /** Where the report goes; undefined: the default for all, nowhere for one. */
  out: string | undefined;
}

/** Whether a flag stands alone: its schema takes `true`. */
function standsAlone(bench: Bench, flag: string): boolean {
  const schema = bench.flags.shape[flag] as z.ZodType | undefined;
  return schema?.safeParse(true).success === true;
}

/**
 * Reads `[NAME] [--compare] [--out FOLDER]` and the flags of the benches that run. Without a name all run in their short
 * form, and a flag goes to each bench that knows it.
 *
 * @throws UsageError for an unknown bench or flag, with the nearest match, or a value that a flag can't have
 */
export function parseCommand(words: readonly string[], known: ReadonlyMap<string, Bench>): Command {
  const [first] = words;
  const name = first === undefined || first.startsWith('-') ? undefined : first;
  if (name !== undefined && !known.has(name)) throw unknownName('bench', name, [...known.keys()], 'NAME');
  const chosen = [...known].filter(([own]) => name === undefined || own === name);
  const { compare, out, ...given } = parseFlags(
    words.slice(name === undefined ? 0 : 1),
    chosen.map(([, bench]) => bench),
  );
  const compared = compare === true;
  const [only] = chosen;
  if (name !== undefined && only?.[1].needsCompare && !compared)
    throw new UsageError(`${name}: compares with PyTorch, and has nothing to measure without --compare`, {
      remedy: `npm run bench -- ${name} --compare    (UNLABEL_PYTHON, or an environment of some gigabytes in the cache folder)`,
    });
  return {
    all: name === undefined,
    compare: compared,
    out: out === undefined ? undefined : String(out),
    benches: chosen
      .filter(([, bench]) => compared || !bench.needsCompare)
      .map(([own, bench]) => {
        const mine = Object.fromEntries(
          Object.entries(given).filter(([flag]) => Object.hasOwn(bench.flags.shape, flag)),
        );
        return { name: own, bench, flags: check(bench, { ...(name === undefined && bench.short), ...mine }) };
      }),
  };
}

/** Every flag given, checked to be one of these benches' or of all; a flag that stands alone is `true`. */
function parseFlags(words: readonly string[], benches: readonly Bench[]): Record<string, string | boolean> {
  const types: Record<string, { type: 'string' | 'boolean' }> = {
    compare: { type: 'boolean' },
    out: { type: 'string' },
  };
  for (const bench of benches)
    for (const flag of Object.keys(bench.flags.shape))
      types[flag] = { type: standsAlone(bench, flag) ? 'boolean' : 'string' };
  const { tokens } = parseArgs({
    args: [...words],
    options: types,
    strict: false,
    tokens: true,
    allowPositionals: true,
  });
  const flags: Record<string, string | boolean> = {};
  for (const token of tokens) {
    if (token.kind === 'positional') throw new UsageError(`bench: there is no place for "${token.value}"`);
    if (token.kind !== 'option') continue;
    const { name, rawName, value } = token;
    const type = types[name]?.type;
    if (type === undefined)
      throw new UsageError(`bench: unknown flag ${rawName}; did you mean --${nearestName(name, Object.keys(types))}?`, {
        remedy: `known: ${Object.keys(types)
          .map((flag) => `--${flag}`)
          .join(', ')}`,
      });
    if (type === 'string' && value === undefined) throw new UsageError(`bench: ${rawName} needs a value`);
    if (type === 'boolean' && value !== undefined) throw new UsageError(`bench: ${rawName} takes no value`);
    flags[name] = value ?? true;
  }
  return flags;
}

function check(bench: Bench, flags: Record<string, unknown>): Record<string, unknown> {
  const parsed = bench.flags.safeParse(flags);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const flag = String(issue?.path[0]);
  throw new UsageError(`bench: --${flag}: ${issue?.message}; got ${String(flags[flag])}`, { field: `--${flag}` });
}
