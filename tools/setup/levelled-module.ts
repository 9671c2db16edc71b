import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { type Compiler } from './compiler.ts';
import { buildModule, moduleFlags } from './native-module.ts';
import { levelsFolder } from './native-sources.mjs';
import { type RunTool } from './run-tool.ts';

/** A module whose level.cc is compiled for several levels of vector instructions, of which its module.cc chooses one. */
export interface LevelledModule {
  /** in a sentence: "the kernels" */
  name: string;
  sourceFolder: string;
  /** The package node-api-headers. */
  headersFolder: string;
  /** the module in the cache */
  built: string;
  /** names with their flags */
  levels: Record<string, string[]>;
  /** the other sources, which run on any processor */
  plainSources: string[];
  /** for every source */
  flags: string[];
  /** for the linker */
  link: string[];
}

const avx2 = ['-mavx2', '-mfma'];
const avx512 = [...avx2, '-mavx512f', '-mavx512bw', '-mavx512dq', '-mavx512vl', '-mprefer-vector-width=512'];

const avx512bf16 = [...avx512, '-mavx512bf16'];

/** Flags for the vector instructions that processors have. */
export const vectorFlags = { avx2, avx512, avx512bf16, amxbf16: [...avx512bf16, '-mamx-tile', '-mamx-bf16'] };

/**
 * Builds a module for every level.
 *
 * @throws SetupError when it does not compile or load
 */
export async function buildLevelled(module: LevelledModule, compiler: Compiler, run: RunTool): Promise<void> {
  const make = async (out: string, compile: (args: string[]) => Promise<void>) => {
    const folder = mkdtempSync(`${module.built}.tmp-objects-`);
    try {
      await compile([...(await compileAll(module, folder, compile)), ...module.link, '-o', out]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };
  await buildModule({ name: module.name, built: module.built, make }, compiler, run);
}

/**
 * Compiles every source into `folder`, at once. Returns the objects when all have ended, so that none still writes into a folder
 * that is removed.
 */
async function compileAll(
  { sourceFolder, headersFolder, levels, plainSources, flags }: LevelledModule,
  folder: string,
  compile: (args: string[]) => Promise<void>,
): Promise<string[]> {
  const common = [...moduleFlags(headersFolder), `-I${levelsFolder}`, '-O3', ...flags, '-c'];
  const one = async (source: string, name: string, own: string[]): Promise<string> => {
    const object = join(folder, `${name}.o`);
    await compile([...common, ...own, join(sourceFolder, `${source}.cc`), '-o', object]);
    return object;
  };
  const made = await Promise.allSettled([
    ...Object.entries(levels).map(([name, own]) => one('level', `level-${name}`, [...own, `-DLEVEL=${name}`])),
    ...plainSources.map((source) => one(source, source, [])),
  ]);
  return made.map((each) => {
    if (each.status === 'rejected') throw each.reason as Error;
    return each.value;
  });
}
