import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { temporary } from './cache.mjs';
import { type Compiler } from './compiler.ts';
import { SetupError } from './errors.mjs';
import { removeLeftovers } from './libtensorflow.ts';
import { say, since } from './progress.ts';
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

function compilerArguments({ tfjsFolder, headersFolder, libraryFolder }: BindingPlace, out: string): string[] {
  const library = join(libraryFolder, 'tensorflow');
  const include = [tfjsFolder, dirname(tfjsFolder), join(library, 'include'), join(headersFolder, 'include')];
  return [
    ...['-std=c++17', '-O2', '-fPIC', '-shared', '-DNAPI_VERSION=8', '-w'],
    ...include.map((folder) => `-I${folder}`),
    join(tfjsFolder, 'binding', 'tfjs_backend.cc'),
    join(tfjsFolder, 'binding', 'tfjs_binding.cc'),
    ...['-o', out, `-L${library}`, '-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2'],
    ...['-Xlinker', '-rpath', '-Xlinker', library],
  ];
}

const lastLines = (text: string): string => text.trim().split('\n').slice(-6).join('\n');

/**
 * Builds the N-API binding of tfjs-node against libtensorflow, loads it once in a Node of its own, and puts it at
 * `place.built`.
 *
 * @throws SetupError when it does not compile or load
 */
export async function buildBinding(place: BindingPlace, compiler: Compiler, run: RunTool = runTool): Promise<void> {
  if (existsSync(place.built)) return;
  mkdirSync(dirname(place.built), { recursive: true });
  removeLeftovers(place.built);
  const startedMs = performance.now();
  const out = temporary(place.built);
  try {
    say(
      `building the binding with ${compiler.command}${compiler.first.includes('-target') ? ' (takes a minute or two)' : ''}`,
    );
    const made = await run(compiler.command, [...compiler.first, ...compilerArguments(place, out)], compiler.env);
    if (made.code !== 0)
      throw new SetupError(
        `the binding did not compile (${compiler.command} ended with ${made.code}): ${lastLines(made.stderr)}`,
        'install another C++ compiler (Debian, Ubuntu: apt-get install g++) or name one in CXX, and start again',
      );
    const loaded = await run(process.execPath, ['-e', 'process.dlopen({ exports: {} }, process.argv[1])', out]);
    if (loaded.code !== 0)
      throw new SetupError(
        `the binding that was built does not load: ${lastLines(loaded.stderr)}`,
        'remove the folder "native" in the cache and start again',
      );
    renameSync(out, place.built);
    say(`built in ${since(startedMs)}`);
  } finally {
    rmSync(out, { force: true });
  }
}
