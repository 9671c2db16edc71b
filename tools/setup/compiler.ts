import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { requireSpace } from './cache.mjs';
import { SetupError } from './errors.mjs';
import { say } from './progress.ts';
import { type RunTool } from './run-tool.ts';
import { type WheelSource } from './wheel-source.ts';
import { unzip } from './zip.ts';

export interface Compiler {
  command: string;
  /** Arguments before all others. */
  first: string[];
  env: NodeJS.ProcessEnv;
  /** Frees what was unpacked for it. */
  remove(): void;
}

const zigBytes = 0.9e9; // wheel, unpacked, and the C++ runtime that its first build makes
const zigTarget = 'x86_64-linux-gnu.2.17'; // the binding itself needs nothing newer; the library checks for itself

/** Whether a compiler makes a shared object that uses the C++ library, and knows what the kernels are compiled for: GCC does from 11 on. */
async function compiles(command: string, first: string[], run: RunTool): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'unlabel-compiler-'));
  try {
    const source = join(folder, 'probe.cc');
    writeFileSync(source, '#include <string>\nstd::string probe(int n) { return std::to_string(n); }\n');
    const args = [...first, '-std=c++17', '-fPIC', '-mamx-bf16', '-shared', source, '-o', join(folder, 'probe.so')];
    return (await run(command, args)).code === 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function unpackZig(folder: string, source: WheelSource, env: NodeJS.ProcessEnv): Promise<Compiler> {
  say('no C++ compiler is here: taking the one of the ziglang wheel');
  requireSpace(folder, zigBytes, 'the C++ compiler');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    const wheel = await source.fetch('ziglang');
    await unzip(wheel, folder, (name) => name.startsWith('ziglang/'));
    source.release(wheel);
    const command = join(folder, 'ziglang', 'zig');
    chmodSync(command, 0o755);
    const caches = { ZIG_GLOBAL_CACHE_DIR: join(folder, 'cache'), ZIG_LOCAL_CACHE_DIR: join(folder, 'cache') };
    return { command, first: ['c++', '-target', zigTarget], env: { ...env, ...caches }, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

/**
 * A C++17 compiler that works: `CXX`, else c++, g++ or clang++, else zig from its wheel, unpacked into `zigFolder`.
 *
 * @throws SetupError when CXX is set and does not compile
 */
export async function findCompiler(
  zigFolder: string,
  source: WheelSource,
  run: RunTool,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Compiler> {
  const asked = env['CXX']?.split(/\s+/).filter(Boolean);
  for (const [command = '', ...first] of asked?.length ? [asked] : [['c++'], ['g++'], ['clang++']])
    if (await compiles(command, first, run)) return { command, first, env, remove: () => {} };
  if (asked?.length)
    throw new SetupError(
      `CXX is "${env['CXX']}", which does not compile a small C++17 program`,
      'set CXX to a working C++ compiler, or leave it unset to have one found or fetched',
    );
  return unpackZig(zigFolder, source, env);
}
