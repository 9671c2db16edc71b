import { expect, test } from 'vitest';

import { UsageError } from '#lib/contracts';

import type { RunTool } from '../../setup/run-tool.ts';

import { namedPython, packageVersions } from './python.ts';

/** A Python that has these packages. */
const python =
  (has: Record<string, string>): RunTool =>
  async (_command, [flag, _script, ...names]) => {
    expect(flag).toBe('-c');
    const versions = Object.fromEntries(names.map((name) => [name, has[name] ?? null]));
    return { code: 0, stdout: `${JSON.stringify({ Python: '3.12.1', ...versions })}\n`, stderr: '' };
  };

test('the versions of a Python that has everything are told', async () => {
  const run = python({ torch: '2.15.0', numpy: '2.4.6' });
  expect(await namedPython('py', ['torch', 'numpy'], run)).toEqual({
    command: 'py',
    versions: { Python: '3.12.1', torch: '2.15.0', numpy: '2.4.6' },
  });
});

test('one without torch is refused: which Python, what it lacks, what to do', async () => {
  const refused = namedPython('/opt/py', ['torch', 'torchvision', 'numpy'], python({ numpy: '2.4.6' }));
  await expect(refused).rejects.toThrow(UsageError);
  await expect(refused).rejects.toMatchObject({
    message: 'UNLABEL_PYTHON is /opt/py, which has no torch and no torchvision',
    remedy: expect.stringContaining('/opt/py -m pip install torch torchvision, or unset UNLABEL_PYTHON'),
  });
});

test('a command that is no Python is refused with its last words', async () => {
  const fails: RunTool = async () => ({ code: 'ENOENT', stdout: '', stderr: 'spawn /no/python ENOENT' });
  await expect(packageVersions('/no/python', [], fails)).rejects.toThrow(
    '/no/python is no Python that runs: spawn /no/python ENOENT',
  );
});

test('a real Python answers', async () => {
  const versions = await packageVersions('python3', ['no-such-package-at-all']);
  expect(versions['Python']).toMatch(/^3\.\d+\.\d+/);
  expect(versions['no-such-package-at-all']).toBeNull();
});
