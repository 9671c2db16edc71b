import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { temporary } from './cache.mjs';
import { type Compiler } from './compiler.ts';
import { SetupError } from './errors.mjs';
import { removeLeftovers } from './libtensorflow.ts';
import { say, since } from './progress.ts';
import { type RunTool, runTool } from './run-tool.ts';

export interface KernelsPlace {
  /** libs/engine/kernels */
  sourceFolder: string;
  /** The package node-api-headers. */
  headersFolder: string;
  /** libtensorflow in the cache. */
  libraryFolder: string;
  /** The module in the cache. */
  built: string;
}

const avx2 = ['-mavx2', '-mfma'];
const avx512 = [...avx2, '-mavx512f', '-mavx512bw', '-mavx512dq', '-mavx512vl', '-mprefer-vector-width=512'];

/** Vector instructions that a processor may have, with the flags to compile for them; module.cc chooses. */
export const levels: Record<string, string[]> = {
  avx2,
  avx512,
  avx512bf16: [...avx512, '-mavx512bf16'],
};
const plainSources = ['module', 'operation', 'parallel'];

/**
 * Builds the engine's own kernels against libtensorflow, for every level of vector instructions, loads the module once in a Node
 * of its own, and puts it at `place.built`.
 *
 * @throws SetupError when it does not compile or load
 */
export async function buildKernels(place: KernelsPlace, compiler: Compiler, run: RunTool = runTool): Promise<void> {
  if (existsSync(place.built)) return;
  mkdirSync(dirname(place.built), { recursive: true });
  removeLeftovers(place.built);
  const startedMs = performance.now();
  const out = temporary(place.built);
  const folder = mkdtempSync(`${place.built}.tmp-objects-`);
  try {
    say(`building the kernels with ${compiler.command}`);
    const objects = await compileAll(place, folder, (args) => compile(compiler, args, run));
    await compile(compiler, [...objects, '-shared', ...linked(place), '-o', out], run);
    const loaded = await run(process.execPath, ['-e', 'process.dlopen({ exports: {} }, process.argv[1])', out]);
    if (loaded.code !== 0)
      throw new SetupError(
        `the kernels that were built do not load: ${lastLines(loaded.stderr)}`,
        'remove the folder "native" in the cache and start again',
      );
    renameSync(out, place.built);
    say(`built in ${since(startedMs)}`);
  } finally {
    rmSync(out, { force: true });
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Compiles every source into `folder`, at once: the compiler uses one core. Returns the objects when all have ended, so that none
 * still writes into a folder that is removed.
 */
async function compileAll(
  place: KernelsPlace,
  folder: string,
  compiled: (args: string[]) => Promise<void>,
): Promise<string[]> {
  const library = join(place.libraryFolder, 'tensorflow');
  const include = [
    join(place.sourceFolder, 'stand-ins'),
    join(library, 'include'),
    join(place.headersFolder, 'include'),
  ];
  const common = ['-std=c++17', '-O3', '-fPIC', '-DNAPI_VERSION=8', '-w', ...include.map((path) => `-I${path}`), '-c'];
  const one = async (source: string, name: string, flags: string[]): Promise<string> => {
    const object = join(folder, `${name}.o`);
    await compiled([...common, ...flags, join(place.sourceFolder, `${source}.cc`), '-o', object]);
    return object;
  };
  const made = await Promise.allSettled([
    ...Object.entries(levels).map(([name, flags]) => one('level', `level-${name}`, [...flags, `-DLEVEL=${name}`])),
    ...plainSources.map((source) => one(source, source, [])),
  ]);
  return made.map((each) => {
    if (each.status === 'rejected') throw each.reason as Error;
    return each.value;
  });
}

function linked({ libraryFolder }: KernelsPlace): string[] {
  const library = join(libraryFolder, 'tensorflow');
  const libraries = ['-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2'];
  return [`-L${library}`, ...libraries, '-Xlinker', '-rpath', '-Xlinker', library];
}

async function compile({ command, first, env }: Compiler, args: string[], run: RunTool): Promise<void> {
  const made = await run(command, [...first, ...args], env);
  if (made.code !== 0)
    throw new SetupError(
      `the kernels did not compile (${command} ended with ${made.code}): ${lastLines(made.stderr)}`,
      'install another C++ compiler (Debian, Ubuntu: apt-get install g++) or name one in CXX, and start again',
    );
}

const lastLines = (text: string): string => text.trim().split('\n').slice(-6).join('\n');
