import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { readPipSettings } from './pip-settings.ts';
import { type RunTool } from './run-tool.ts';

/** A machine with these tools: command line to what it prints; all others are not there. */
const tools =
  (answers: Record<string, string>): RunTool =>
  async (command, args) => {
    const stdout = answers[[command, ...args].join(' ')];
    return stdout === undefined ? { code: 'ENOENT', stdout: '', stderr: '' } : { code: 0, stdout, stderr: '' };
  };
const version = 'pip 25.0 from /usr/lib/python3/dist-packages/pip (python 3.12)\n';
const askDefault = 'python3 -c from pip._internal.models.index import PyPI; print(PyPI.simple_url)';

test('the environment comes before the configuration, and a section for downloads before the global one', async () => {
  const run = tools({
    'pip --version': version,
    'pip config list':
      "global.index-url='https://global.test/simple'\nglobal.cert='/global.pem'\ndownload.cert='/download.pem'\nglobal.extra-index-url='https://a.test\\nhttps://b.test'\n:env:.index-url='x'\n",
  });
  const settings = await readPipSettings(
    { PIP_INDEX_URL: 'https://env.test/simple', PIP_TRUSTED_HOST: 'a.test b.test' },
    run,
  );
  expect(settings).toEqual({
    indexUrls: ['https://env.test/simple', 'https://a.test', 'https://b.test'],
    cert: '/download.pem',
    proxy: undefined,
    trustedHosts: ['a.test', 'b.test'],
  });
});

test("pip's own default serves where nothing is configured", async () => {
  const run = tools({
    'pip3 --version': version,
    'pip3 config list': '',
    [askDefault]: 'https://default.test/simple\n',
  });
  expect((await readPipSettings({}, run)).indexUrls).toEqual(['https://default.test/simple']);
});

test('without pip its file still tells the index', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'unlabel-pip-'));
  const file = join(folder, 'pip.conf');
  writeFileSync(file, '[global]\nindex-url = https://file.test/simple\ntimeout = 5\n');
  expect((await readPipSettings({ PIP_CONFIG_FILE: file, HOME: folder }, tools({}))).indexUrls).toEqual([
    'https://file.test/simple',
  ]);
  rmSync(folder, { recursive: true });
});

test('no pip and no index set is told in one line, with what to do', async () => {
  const failed: unknown = await readPipSettings(
    { HOME: '/nowhere', PIP_CONFIG_FILE: '/nowhere/pip.conf' },
    tools({}),
  ).catch((error: unknown) => error);
  expect(failed).toMatchObject({
    name: 'SetupError',
    message: 'no Python package index is known: there is no pip, and PIP_INDEX_URL is not set',
    remedy: expect.stringContaining('PIP_INDEX_URL') as string,
  });
});
