import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { closedAddress } from './loopback-server.ts';
import { npmFailure } from './npm-failure.mjs';
import { countPackages, installedMatches, installPackages, packagesInPlace } from './packages.mjs';

let root: string;
beforeEach(() => void (root = mkdtempSync(join(tmpdir(), 'unlabel-packages-'))));
afterEach(() => rmSync(root, { recursive: true, force: true }));

const integrity = 'sha512-g8W2D2kU6a8untc053fX1uVBKzM7yqAxW/3zwk83+6RyF2+SKOuV+c0wBDhUwzV1PaGapmZH+rmcUzPf+3CGwg==';

function writeProject(dependencies: Record<string, string>): void {
  const self = { name: 'p', version: '1.0.0', dependencies };
  const locked = Object.entries(dependencies).map(
    ([name, version]) => [`node_modules/${name}`, { version, integrity }] as const,
  );
  writeFileSync(join(root, 'package.json'), JSON.stringify(self));
  const lock = {
    name: 'p',
    version: '1.0.0',
    lockfileVersion: 3,
    requires: true,
    packages: { '': self, ...Object.fromEntries(locked) },
  };
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify(lock));
}

/** npm in a home of its own that fails at once. */
const npmEnvironment = (registry: string): NodeJS.ProcessEnv => ({
  PATH: process.env['PATH'],
  HOME: root,
  npm_config_registry: registry,
  npm_config_cache: join(root, 'npm-cache'),
  npm_config_fetch_retries: '0',
  npm_config_update_notifier: 'false',
});

test('installs when the lock file changes, and not again', async () => {
  writeProject({});
  expect(packagesInPlace(root)).toBe(false);
  await installPackages(root, { env: npmEnvironment(await closedAddress()) });
  expect(packagesInPlace(root)).toBe(true);
  writeProject({ zod: '4.6.7' });
  expect(packagesInPlace(root)).toBe(false);
});

test('a registry that is not reachable is named in one line', async () => {
  writeProject({ zod: '4.6.7' });
  const registry = await closedAddress();
  const failed: unknown = await installPackages(root, { env: npmEnvironment(registry) }).catch(
    (error: unknown) => error,
  );
  expect(failed).toMatchObject({
    name: 'SetupError',
    message: `npm could not install the packages: ${new URL(registry).host} can't be reached (ECONNREFUSED)`,
    remedy: expect.stringContaining('check the network') as string,
  });
});

test('too little space is told before npm starts', async () => {
  writeProject({});
  await expect(installPackages(root, { env: npmEnvironment('http://x.test'), free: () => 1e8 })).rejects.toThrow(
    `the disk is too full: the installation of the packages needs 1.4 GB in ${root}, 0.1 GB are free`,
  );
});

test.each([
  ['ENOENT', '', 'npm is not in the path'],
  [
    1,
    'npm error code ENOTFOUND\nnpm error network request to https://r.test/zod failed, reason: x',
    "r.test can't be reached (ENOTFOUND)",
  ],
  [1, 'npm ERR! code ENOSPC\nnpm ERR! nospc no space left', 'the disk is full (ENOSPC)'],
  [1, 'npm error code E401\nnpm error Unable to authenticate', 'refused a package (E401)'],
  [
    1,
    'npm error code EUSAGE\nnpm error `npm ci` can only install',
    'package.json and package-lock.json disagree (EUSAGE)',
  ],
  [1, 'npm error code EBADX\nnpm error something odd', 'EBADX: something odd'],
  [7, '', 'exit code 7'],
])('npm ending with %j and %j is told in words', (code, output, words) => {
  const failure = npmFailure(code, output);
  expect(failure.message).toContain(words);
  expect(failure.message).not.toContain('\n');
  expect(failure.remedy).not.toBe('');
});

test("npm's own record counts as an installation when it is what the lock file asks for", () => {
  const packages = {
    '': {},
    'node_modules/a': { version: '1.0.0', integrity: 'x' },
    'node_modules/b': { version: '2.0.0', optional: true, os: ['darwin'] },
  };
  const a = { 'node_modules/a': { version: '1.0.0', integrity: 'x' } };
  expect(installedMatches({ packages }, { packages: a })).toBe(true);
  expect(installedMatches({ packages }, undefined)).toBe(false);
  expect(installedMatches({ packages }, { packages: {} })).toBe(false);
  expect(installedMatches({ packages }, { packages: { 'node_modules/a': { version: '1.0.1' } } })).toBe(false);
  expect(installedMatches({ packages }, { packages: { ...a, 'node_modules/c': { version: '1.0.0' } } })).toBe(false);
  expect(countPackages({ packages }, { platform: 'linux', arch: 'x64' })).toBe(1);
});
