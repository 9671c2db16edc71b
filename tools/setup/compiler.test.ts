import { expect, test } from 'vitest';

import { findCompiler } from './compiler.ts';
import { type RunTool } from './run-tool.ts';

const machine =
  (works: string[], tried: string[] = []): RunTool =>
  async (command) => {
    tried.push(command);
    return { code: works.includes(command) ? 0 : 'ENOENT', stdout: '', stderr: '' };
  };
const source = {
  fetch: (project: string) => Promise.reject(new Error(`asked for ${project}`)),
  release: () => {},
};

test('the first compiler that compiles serves', async () => {
  const tried: string[] = [];
  const compiler = await findCompiler('/nowhere/zig', source, machine(['g++', 'clang++'], tried), {});
  expect([compiler.command, tried]).toEqual(['g++', ['c++', 'g++']]);
});

test('CXX comes first, with its arguments', async () => {
  const compiler = await findCompiler('/nowhere/zig', source, machine(['c++', 'ccache']), { CXX: 'ccache g++' });
  expect([compiler.command, compiler.first]).toEqual(['ccache', ['g++']]);
});

test('a CXX that does not compile is told, not passed over', async () => {
  await expect(findCompiler('/nowhere/zig', source, machine(['c++']), { CXX: 'nope' })).rejects.toThrow(
    'CXX is "nope", which does not compile a small C++17 program',
  );
});

test('without a compiler the ziglang wheel is asked for', async () => {
  await expect(findCompiler('/tmp/unlabel-no-zig', source, machine([]), {})).rejects.toThrow('asked for ziglang');
});
