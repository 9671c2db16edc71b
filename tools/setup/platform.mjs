// Whether this machine can run the native library, and which device it offers.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { SetupError } from './errors.mjs';

const oldestGlibc = [2, 28]; // of Node 24; TensorFlow's library is content with 2.27
const elsewhere =
  'use a machine or container with 64-bit x86 Linux and glibc 2.28 or newer (Debian 10, Ubuntu 20.04, RHEL 8 and later)';

/** What the checks look at. Slow to ask (the report takes tens of ms), so only the set-up does. */
export function describeMachine() {
  process.report.excludeNetwork = true; // else the report looks up host names
  let cpuFlags = '';
  try {
    cpuFlags = readFileSync('/proc/cpuinfo', 'utf8');
  } catch {
    // not Linux, or /proc is not mounted: the library itself will tell
  }
  return {
    platform: process.platform,
    arch: process.arch,
    glibc: process.report.getReport().header.glibcVersionRuntime,
    cpuFlags,
  };
}

/**
 * Refuses a machine that TensorFlow's library does not run on.
 *
 * @throws SetupError for another system than linux-x64, for musl, for an old glibc, for a CPU without AVX
 */
export function checkPlatform(machine) {
  const { platform, arch, glibc, cpuFlags } = machine;
  if (platform !== 'linux' || arch !== 'x64')
    throw new SetupError(`this runs on linux-x64, and this machine is ${platform}-${arch}`, elsewhere);
  if (!glibc)
    throw new SetupError('this system has no glibc (Alpine and other musl systems are not supported)', elsewhere);
  const [major, minor] = glibc.split('.').map(Number);
  if (major < oldestGlibc[0] || (major === oldestGlibc[0] && minor < oldestGlibc[1]))
    throw new SetupError(`Node 24 needs glibc 2.28 or newer, and this system has ${glibc}`, elsewhere);
  if (cpuFlags && !/\bavx\b/.test(cpuFlags))
    throw new SetupError(
      'the TensorFlow library needs a processor with AVX, and this one has none',
      'use a machine with AVX (any since about 2012); a virtual machine may have to be given the CPU model of its host',
    );
}

const driverFiles = [
  '/proc/driver/nvidia/version',
  '/usr/lib/x86_64-linux-gnu/libcuda.so.1',
  '/usr/lib64/libcuda.so.1',
  '/usr/lib/libcuda.so.1',
  '/usr/lib/wsl/lib/libcuda.so.1',
];

/** Whether an NVIDIA driver is there: its files, or `nvidia-smi` in the path. */
export function hasNvidiaDriver(env = process.env, exists = existsSync) {
  const folders = (env.PATH ?? '').split(':').filter(Boolean);
  return driverFiles.some((file) => exists(file)) || folders.some((folder) => exists(join(folder, 'nvidia-smi')));
}

/**
 * The device that the library is set up for: `UNLABEL_DEVICE`, else the GPU when an NVIDIA driver is there.
 *
 * @returns {'cpu' | 'gpu'}
 * @throws SetupError for another value of UNLABEL_DEVICE
 */
export function chooseDevice(env = process.env, exists = existsSync) {
  const asked = env.UNLABEL_DEVICE;
  if (!asked) return hasNvidiaDriver(env, exists) ? 'gpu' : 'cpu';
  if (asked === 'cpu' || asked === 'gpu') return asked;
  throw new SetupError(
    `UNLABEL_DEVICE is "${asked}"`,
    'set it to cpu or gpu, or leave it unset to have the machine looked at',
  );
}
