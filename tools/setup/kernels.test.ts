import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { buildKernels, type KernelsPlace, levels } from './kernels.ts';
import { type RunTool, type ToolResult } from './run-tool.ts';

let folder: string;
let place: KernelsPlace;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'unlabel-kernels-'));
  const built = join(folder, 'native', 'kernels', 'key', 'unlabel_kernels.node');
  place = { sourceFolder: '/sources', headersFolder: '/headers', libraryFolder: '/library', built };
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const compiler = { command: 'c++', first: ['-target', 'here'], env: { CACHE: '/c' }, remove: () => undefined };

interface Call {
  command: string;
  args: string[];
  env: NodeJS.ProcessEnv | undefined;
}
/** A compiler and a Node that do what they are asked to, in name, unless `fails` gives an answer; and what they were called with. */
function machine(fails: (call: Call) => Partial<ToolResult> | undefined = () => undefined): {
  run: RunTool;
  calls: Call[];
} {
  const calls: Call[] = [];
  const run: RunTool = async (command, args, env) => {
    const call = { command, args, env };
    calls.push(call);
    const out = args[args.indexOf('-o') + 1];
    if (command === compiler.command) writeFileSync(out as string, 'made');
    return { code: 0, stdout: '', stderr: '', ...fails(call) };
  };
  return { run, calls };
}
const isLink = ({ args }: Call) => args.includes('-shared');
const isLoad = ({ command }: Call) => command === process.execPath;

test('every level and every other source is compiled, linked with TensorFlow, loaded once and put in its place', async () => {
  const { run, calls } = machine();
  await buildKernels(place, compiler, run);
  const compiled = calls.filter(({ args }) => args.includes('-c'));
  for (const [name, flags] of Object.entries(levels)) {
    const own = compiled.filter(({ args }) => args.includes(`-DLEVEL=${name}`));
    expect(own).toHaveLength(1);
    expect(own[0]!.args).toEqual(
      expect.arrayContaining(['-target', 'here', '/sources/level.cc', '-std=c++17', ...flags]),
    );
    expect(own[0]!.args).toEqual(expect.arrayContaining(['-I/library/tensorflow/include', '-I/headers/include']));
  }
  const plain = compiled.filter(({ args }) => !args.includes('/sources/level.cc'));
  expect(plain.map(({ args }) => args.find((arg) => arg.endsWith('.cc')))).toEqual(
    ['module', 'operation', 'parallel'].map((name) => `/sources/${name}.cc`),
  );
  // these run on any processor
  expect(plain.flatMap(({ args }) => args.filter((arg) => arg.startsWith('-mavx')))).toEqual([]);

  const [link, ...more] = calls.filter(isLink);
  expect(more).toEqual([]);
  expect(link!.args.filter((arg) => arg.endsWith('.o'))).toEqual(compiled.map(({ args }) => args.at(-1)));
  expect(link!.args).toEqual(expect.arrayContaining(['-L/library/tensorflow', '-l:libtensorflow_cc.so.2', '-rpath']));
  expect(calls.filter(({ command }) => command === 'c++').every(({ env }) => env === compiler.env)).toBe(true);
  expect(calls.filter(isLoad).map(({ args }) => args.at(-1))).toEqual([link!.args.at(-1)]);
  expect(readFileSync(place.built, 'utf8')).toBe('made');
  expect(readdirSync(dirname(place.built))).toEqual(['unlabel_kernels.node']);
});

test('there is a source for every level that module.cc chooses from, and the other way round', () => {
  const module = readFileSync(fileURLToPath(new URL('../../libs/engine/kernels/module.cc', import.meta.url)), 'utf8');
  const chosen = [...module.matchAll(/(\w+)::defineAll\(failure\)/g)].map(([, name]) => name);
  expect(chosen.sort()).toEqual(Object.keys(levels).sort());
});

test('a compiler that fails is told with its last lines and what helps, and leaves nothing behind', async () => {
  const stderr = Array.from({ length: 9 }, (_, i) => `error ${i + 1}`).join('\n');
  const { run, calls } = machine(({ args }) => (args.includes('-DLEVEL=avx512') ? { code: 1, stderr } : undefined));
  const failed: unknown = await buildKernels(place, compiler, run).catch((error: unknown) => error);
  expect(failed).toMatchObject({
    name: 'SetupError',
    message: `the kernels did not compile (c++ ended with 1): ${stderr.split('\n').slice(-6).join('\n')}`,
    remedy: expect.stringContaining('CXX'),
  });
  expect(calls.filter(isLink)).toEqual([]);
  expect(readdirSync(dirname(place.built))).toEqual([]);
});

test('a source that does not compile is told when the others have ended, which write into the same folder', async () => {
  let running = 0;
  const { run: instant } = machine(({ args }) => (args.includes('/sources/module.cc') ? { code: 1 } : undefined));
  const run: RunTool = async (command, args, env) => {
    running++;
    if (!args.includes('/sources/module.cc')) await new Promise((resolve) => setTimeout(resolve, 20));
    running--;
    return instant(command, args, env);
  };
  await expect(buildKernels(place, compiler, run)).rejects.toThrow('did not compile');
  expect(running).toBe(0);
});

test.each([
  { title: 'linked', wrong: isLink, message: 'the kernels did not compile (c++ ended with 1): wrong' },
  { title: 'loaded', wrong: isLoad, message: 'the kernels: built, and cannot be loaded: wrong' },
])('a module that can’t be $title is not put in place', async ({ wrong, message }) => {
  const { run } = machine((call) => (wrong(call) ? { code: 1, stderr: 'wrong\n' } : undefined));
  await expect(buildKernels(place, compiler, run)).rejects.toMatchObject({ name: 'SetupError', message });
  expect(existsSync(place.built)).toBe(false);
  expect(readdirSync(dirname(place.built))).toEqual([]);
});

test('a module that is built is taken as it is', async () => {
  mkdirSync(dirname(place.built), { recursive: true });
  writeFileSync(place.built, 'earlier');
  const { run, calls } = machine();
  await buildKernels(place, compiler, run);
  expect(calls).toEqual([]);
  expect(readFileSync(place.built, 'utf8')).toBe('earlier');
});
