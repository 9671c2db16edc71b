import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { linkedWithTensorflow } from './binding.ts';
import { type Compiler } from './compiler.ts';
import { buildModule, moduleFlags } from './native-module.ts';
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
 * Builds the engine's own kernels against libtensorflow, for every level of vector instructions.
 *
 * @throws SetupError when they do not compile or load
 */
export async function buildKernels(place: KernelsPlace, compiler: Compiler, run: RunTool = runTool): Promise<void> {
  const make = async (out: string, compile: (args: string[]) => Promise<void>) => {
    const folder = mkdtempSync(`${place.built}.tmp-objects-`);
    try {
      const objects = await compileAll(place, folder, compile);
      await compile([...objects, ...linkedWithTensorflow(place.libraryFolder), '-o', out]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };
  await buildModule({ name: 'the kernels', built: place.built, make }, compiler, run);
}

/**
 * Compiles every source into `folder`, at once. Returns the objects when all have ended, so that none still writes into a folder
 * that is removed.
 */
async function compileAll(
  { sourceFolder, headersFolder, libraryFolder }: KernelsPlace,
  folder: string,
  compile: (args: string[]) => Promise<void>,
): Promise<string[]> {
  const include = [join(sourceFolder, 'stand-ins'), join(libraryFolder, 'tensorflow', 'include')];
  const common = [...moduleFlags(headersFolder), '-O3', ...include.map((path) => `-I${path}`), '-c'];
  const one = async (source: string, name: string, flags: string[]): Promise<string> => {
    const object = join(folder, `${name}.o`);
    await compile([...common, ...flags, join(sourceFolder, `${source}.cc`), '-o', object]);
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
