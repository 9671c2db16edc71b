import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';

import { temporary } from './cache.mjs';
import { type Compiler } from './compiler.ts';
import { SetupError } from './errors.mjs';
import { removeLeftovers } from './libtensorflow.ts';
import { say, since } from './progress.ts';
import { type RunTool } from './run-tool.ts';

/** A module for Node that is built here. */
export interface NativeModule {
  /** in a sentence: "the binding", "the kernels" */
  name: string;
  /** the module in the cache */
  built: string;
  /** Makes it at a path, by one or more calls of the compiler. */
  make(out: string, compile: (args: string[]) => Promise<void>): Promise<void>;
}

/**
 * Builds a module unless the cache has it, loads it once in a Node of its own, and puts it in its place.
 *
 * @throws SetupError when it does not compile or load
 */
export async function buildModule(
  { name, built, make }: NativeModule,
  compiler: Compiler,
  run: RunTool,
): Promise<void> {
  if (existsSync(built)) return;
  mkdirSync(dirname(built), { recursive: true });
  removeLeftovers(built);
  const startedMs = performance.now();
  const out = temporary(built);
  try {
    const isSlow = compiler.first.includes('-target');
    say(`building ${name} with ${compiler.command}${isSlow ? ' (takes a minute or two)' : ''}`);
    await make(out, (args) => compile(name, compiler, args, run));
    const loaded = await run(process.execPath, ['-e', 'process.dlopen({ exports: {} }, process.argv[1])', out]);
    if (loaded.code !== 0)
      throw new SetupError(
        `${name}: built, and cannot be loaded: ${lastLines(loaded.stderr)}`,
        'remove the folder "native" in the cache and start again',
      );
    renameSync(out, built);
    say(`built in ${since(startedMs)}`);
  } finally {
    rmSync(out, { force: true });
  }
}

async function compile(name: string, { command, first, env }: Compiler, args: string[], run: RunTool): Promise<void> {
  const made = await run(command, [...first, ...args], env);
  if (made.code !== 0)
    throw new SetupError(
      `${name} did not compile (${command} ended with ${made.code}): ${lastLines(made.stderr)}`,
      'install another C++ compiler (Debian, Ubuntu: apt-get install g++) or name one in CXX, and start again',
    );
}

const lastLines = (text: string): string => text.trim().split('\n').slice(-6).join('\n');

/** Flags for what every module is: a shared object of C++17 for Node's interface. */
export const moduleFlags = (headersFolder: string): string[] => [
  ...['-std=c++17', '-fPIC', '-DNAPI_VERSION=8', '-w'],
  `-I${headersFolder}/include`,
];
