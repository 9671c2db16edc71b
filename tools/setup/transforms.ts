import { type Compiler } from './compiler.ts';
import { buildLevelled, vectorFlags } from './levelled-module.ts';
import { type RunTool, runTool } from './run-tool.ts';

export interface TransformsPlace {
  /** libs/transforms/native */
  sourceFolder: string;
  /** The package node-api-headers. */
  headersFolder: string;
  /** The module in the cache. */
  built: string;
}

const { avx2, avx512 } = vectorFlags;
/** Vector instructions that a processor may have, with the flags to compile for them; module.cc chooses. */
export const transformLevels: Record<string, string[]> = { plain: [], avx2, avx512 };
/** Every level gives the same bits: products and sums are never fused. That no operation traps lets branches become selections. */
const sameBits = ['-ffp-contract=off', '-fno-trapping-math', '-fno-math-errno'];

/**
 * Builds the kernels of the transforms, for every level of vector instructions.
 *
 * @throws SetupError when they do not compile or load
 */
export async function buildTransforms(
  place: TransformsPlace,
  compiler: Compiler,
  run: RunTool = runTool,
): Promise<void> {
  const own = { levels: transformLevels, plainSources: ['module'], flags: sameBits, link: ['-shared'] };
  await buildLevelled({ name: 'the kernels of transforms', ...place, ...own }, compiler, run);
}
