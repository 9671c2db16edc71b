import { join } from 'node:path';

import { linkedWithTensorflow } from './binding.ts';
import { type Compiler } from './compiler.ts';
import { buildLevelled, vectorFlags } from './levelled-module.ts';
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

/** Vector instructions that a processor may have, with the flags to compile for them; module.cc chooses. */
export const levels: Record<string, string[]> = vectorFlags;

/**
 * Builds the engine's own kernels against libtensorflow, for every level of vector instructions.
 *
 * @throws SetupError when they do not compile or load
 */
export async function buildKernels(place: KernelsPlace, compiler: Compiler, run: RunTool = runTool): Promise<void> {
  const { sourceFolder, headersFolder, libraryFolder, built } = place;
  const include = [join(sourceFolder, 'stand-ins'), join(libraryFolder, 'tensorflow', 'include')];
  const kernels = {
    ...{ name: 'the kernels', sourceFolder, headersFolder, built, levels },
    plainSources: ['module', 'operation', 'parallel'],
    flags: include.map((path) => `-I${path}`),
    link: linkedWithTensorflow(libraryFolder),
  };
  await buildLevelled(kernels, compiler, run);
}
