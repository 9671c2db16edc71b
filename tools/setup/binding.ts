import { dirname, join } from 'node:path';

import { type Compiler } from './compiler.ts';
import { buildModule, moduleFlags } from './native-module.ts';
import { type RunTool, runTool } from './run-tool.ts';

export interface BindingPlace {
  /** The package @tensorflow/tfjs-node-gpu, which carries the binding's sources. */
  tfjsFolder: string;
  /** The package node-api-headers. */
  headersFolder: string;
  /** libtensorflow in the cache; the binding finds it there by its run path. */
  libraryFolder: string;
  /** The binding in the cache. */
  built: string;
}

/** What links a module with libtensorflow where it lies. */
export function linkedWithTensorflow(libraryFolder: string): string[] {
  const library = join(libraryFolder, 'tensorflow');
  const libraries = ['-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2'];
  return ['-shared', `-L${library}`, ...libraries, '-Xlinker', '-rpath', '-Xlinker', library];
}

/**
 * Builds the N-API binding of tfjs-node against libtensorflow.
 *
 * @throws SetupError when it does not compile or load
 */
export async function buildBinding(place: BindingPlace, compiler: Compiler, run: RunTool = runTool): Promise<void> {
  const { tfjsFolder, headersFolder, libraryFolder, built } = place;
  const include = [tfjsFolder, dirname(tfjsFolder), join(libraryFolder, 'tensorflow', 'include')];
  const sources = ['tfjs_backend.cc', 'tfjs_binding.cc'].map((name) => join(tfjsFolder, 'binding', name));
  const flags = [...moduleFlags(headersFolder), '-O2', ...include.map((folder) => `-I${folder}`)];
  const make = (out: string, compile: (args: string[]) => Promise<void>) =>
    compile([...flags, ...sources, '-o', out, ...linkedWithTensorflow(libraryFolder)]);
  await buildModule({ name: 'the binding', built, make }, compiler, run);
}
