import { expect, test } from 'vitest';

import { pinnedWheels } from './pinned-wheels.ts';
import { wheelFits } from './wheel-tags.ts';

const debian = { platform: 'linux', arch: 'x64', glibc: '2.36' };
const old = { platform: 'linux', arch: 'x64', glibc: '2.17' };
const arm = { platform: 'linux', arch: 'arm64', glibc: '2.36' };
const alpine = { platform: 'linux', arch: 'x64', glibc: undefined };
const mac = { platform: 'darwin', arch: 'arm64', glibc: undefined };
const both = 'x-1-py3-none-manylinux_2_28_x86_64.musllinux_1_2_x86_64.whl';

test.each([
  [both, debian, true],
  [both, old, false],
  [both, alpine, true],
  [both, arm, false],
  ['x-1-py3-none-manylinux_2_28_aarch64.whl', arm, true],
  ['x-1-py3-none-manylinux2014_x86_64.whl', old, true],
  ['x-1-py3-none-manylinux_2_28_ppc64le.whl', debian, false],
  ['x-1-py3-none-android_33_x86_64.whl', debian, false],
  ['x-1-2-py3-none-any.whl', mac, true],
  ['x-1-py3-none-macosx_13_0_arm64.whl', mac, true],
  ['x-1-py3-none-macosx_13_0_x86_64.whl', mac, false],
  ['x-1-py3-none-win_amd64.whl', debian, false],
  ['x-1.tar.gz', debian, false],
])('%s on %o: %s', (name, machine, fits) => {
  expect(wheelFits(name, machine)).toBe(fits);
});

test('every pinned project has a wheel for linux-x64 with glibc 2.28, and every digest is one', () => {
  for (const { version, sha256 } of Object.values(pinnedWheels)) {
    const names = Object.keys(sha256);
    expect(names.filter((name) => wheelFits(name, { ...debian, glibc: '2.28' }))).not.toEqual([]);
    for (const name of names) expect(name).toContain(`-${version}-`);
    for (const digest of Object.values(sha256)) expect(digest).toMatch(/^[0-9a-f]{64}$/);
  }
});
