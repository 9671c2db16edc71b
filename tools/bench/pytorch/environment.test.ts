import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { expect, test } from 'vitest';

import { temporaryFolder } from '#lib/testing';

import type { RunTool } from '../../setup/run-tool.ts';

import { comparisonPython, explainPip, pinsOf, type WatchTool } from './environment.ts';

const requirements = '# pinned\nnumpy==2.4.6\ntorch==2.15.0\n';
const indexUrl = 'https://index.example/simple';

/** A machine with a Python and an index; `fails` names a pin that pip can't install, once. */
function machine(cache: string, { fails }: { fails?: string } = {}) {
  const [installed, said, made]: [string[], string[], string[]] = [[], [], []];
  let failing = fails;
  const run: RunTool = async (command, args) => {
    if (args[1] === 'venv') {
      const python = join(args[2] as string, 'bin', 'python');
      mkdirSync(dirname(python), { recursive: true });
      writeFileSync(python, '');
      made.push(args[2] as string);
    }
    const isAsked = args[0] === '-c';
    const names = isAsked ? args.slice(2) : [];
    const versions = Object.fromEntries(names.map((name) => [name, command === 'python3' ? null : '1.0']));
    return { code: 0, stdout: isAsked ? JSON.stringify({ Python: '3.12.1', ...versions }) : '', stderr: '' };
  };
  const watch: WatchTool = async (_python, args, env) => {
    expect(env['PIP_INDEX_URL']).toBe(indexUrl);
    const pin = args.at(-1) as string;
    if (pin === failing) {
      failing = undefined;
      return { code: 1, stderr: 'WARNING: x\nERROR: No matching distribution found\n' };
    }
    installed.push(pin);
    return { code: 0, stderr: '' };
  };
  const env = { UNLABEL_CACHE: cache, PIP_INDEX_URL: indexUrl };
  const python = () =>
    comparisonPython(['torch'], { env, run, watch, requirements, say: (line) => void said.push(line) });
  return { python, installed, said, made };
}

test('an environment is made once, tells its size first, and is there the next time', async () => {
  await using cache = await temporaryFolder('bench-python');
  const { python, installed, said } = machine(cache.path);
  const first = await python();
  expect(said[0]).toMatch(/takes some gigabytes, about 6 \(numpy==2\.4\.6, torch==2\.15\.0\)/);
  expect(installed).toEqual(['numpy==2.4.6', 'torch==2.15.0']);
  expect(first).toEqual({ command: expect.stringContaining(cache.path), versions: { Python: '3.12.1', torch: '1.0' } });
  expect(await python()).toEqual(first);
  expect(installed).toHaveLength(2);
});

test('one that could not be finished is gone on with, and counts as made only at its end', async () => {
  await using cache = await temporaryFolder('bench-python');
  const { python, installed, made } = machine(cache.path, { fails: 'torch==2.15.0' });
  await expect(python()).rejects.toMatchObject({
    message: 'pip could not install torch==2.15.0: No matching distribution found',
    remedy: expect.stringContaining('UNLABEL_PYTHON'),
  });
  const folder = made[0] as string;
  expect(existsSync(join(folder, 'complete.json'))).toBe(false);
  await python();
  expect(made).toEqual([folder]);
  expect(installed).toEqual(['numpy==2.4.6', 'numpy==2.4.6', 'torch==2.15.0']);
  expect(JSON.parse(readFileSync(join(folder, 'complete.json'), 'utf8'))).toMatchObject({
    requirements: ['numpy==2.4.6', 'torch==2.15.0'],
  });
  expect(readdirSync(cache.path).sort()).toEqual([expect.stringMatching(/^bench-python-[0-9a-f]{12}$/), 'locks']);
});

test('the Python that is named is taken as it is, or refused, and nothing is made', async () => {
  await using cache = await temporaryFolder('bench-python');
  const lacks: RunTool = async () => ({ code: 0, stdout: '{"Python":"3.12.1","torch":null}', stderr: '' });
  const env = { UNLABEL_CACHE: cache.path, UNLABEL_PYTHON: '/opt/py' };
  const asked = comparisonPython(['torch'], { env, run: lacks, say: () => undefined });
  await expect(asked).rejects.toThrow('UNLABEL_PYTHON is /opt/py, which has no torch');
  expect(readdirSync(cache.path)).toEqual([]);
});

test('without a network there is one clear line', () => {
  const stderr = `WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError(getaddrinfo failed)'
ERROR: Could not find a version that satisfies the requirement torch==2.15.0 (from versions: none)`;
  expect(explainPip('torch==2.15.0', stderr)).toMatchObject({
    message: "the package index can't be reached, so torch==2.15.0 is not here",
    remedy: expect.stringMatching(/^check the network/),
  });
});

test('every requirement is pinned', () => {
  expect(pinsOf(readFileSync(join(import.meta.dirname, 'requirements.txt'), 'utf8'))).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^torch==/),
      expect.stringMatching(/^torchvision==/),
      expect.stringMatching(/^albumentations==/),
    ]),
  );
  expect(() => pinsOf('torch>=2')).toThrow('torch>=2 is not pinned');
});
