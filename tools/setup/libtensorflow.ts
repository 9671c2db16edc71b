import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';

import { fileSizeBytes, requireSpace, temporary } from './cache.mjs';
import { pinnedProject, pinnedWheels } from './pinned-wheels.ts';
import { say, since } from './progress.ts';
import { type RunTool, runTool } from './run-tool.ts';
import { type WheelSource } from './wheel-source.ts';
import { unzip } from './zip.ts';

export type Device = 'cpu' | 'gpu';

/** Raise a device's when its layout, the flags of the compiler or the set of unpacked files change. */
export const recipe: Record<Device, number> = { cpu: 1, gpu: 2 };

/** The wheel that carries the library, and the disk space that its unpacking takes at most. */
const flavours = {
  cpu: { project: 'tensorflow-cpu', neededBytes: 1.6e9 },
  gpu: { project: 'tensorflow', neededBytes: 6.5e9 },
};
const libraries = ['tensorflow/libtensorflow_framework.so.2', 'tensorflow/libtensorflow_cc.so.2'];
const headerFolders = [
  'tensorflow/c/',
  'tensorflow/core/platform/ctstring',
  'tsl/platform/ctstring',
  'xla/tsl/c/',
  'tsl/c/',
].map((folder) => `tensorflow/include/${folder}`);

const isFromTensorflow = (name: string): boolean =>
  libraries.includes(name) ||
  /^tensorflow\/(LICENSE|THIRD_PARTY)/.test(name) ||
  name.endsWith('.dist-info/METADATA') ||
  (name.endsWith('.h') && headerFolders.some((folder) => name.startsWith(folder)));

/** Shared objects of CUDA, and what XLA compiles kernels with. */
const isFromNvidia = (name: string): boolean =>
  /^nvidia\/[^/]+\/(lib|nvvm)\/.*\.(so(\.\d+)*|bc)$/.test(name) || /^nvidia\/cuda_nvcc\/bin\/ptxas$/.test(name);

/** The TensorFlow version that is set up. */
export const tensorflowVersion = pinnedProject('tensorflow-cpu').version;

/** Where a device's library lies in the cache. */
export const libraryFolder = (nativeFolder: string, device: Device): string =>
  join(nativeFolder, `${flavours[device].project}-${tensorflowVersion}-r${recipe[device]}`);

/** Library file, relative to its folder, to size in bytes. */
export type LibrarySizes = Record<string, number>;

function readComplete(folder: string): LibrarySizes | undefined {
  const record = join(folder, 'complete.json');
  if (!existsSync(record)) return undefined;
  const { libs } = JSON.parse(readFileSync(record, 'utf8')) as { libs: LibrarySizes };
  return Object.entries(libs).every(([file, bytes]) => fileSizeBytes(join(folder, file)) === bytes) ? libs : undefined;
}

/** Removes what interrupted set-ups left beside `path`. Only under the set-up's lock. */
export function removeLeftovers(path: string): void {
  if (!existsSync(dirname(path))) return;
  for (const name of readdirSync(dirname(path)))
    if (name.startsWith(`${basename(path)}.tmp-`)) rmSync(join(dirname(path), name), { recursive: true, force: true });
}

/** A quarter of the library is symbols that only debuggers read. Without `strip` they stay. */
async function stripSymbols(folder: string, run: RunTool): Promise<void> {
  const startedMs = performance.now();
  for (const library of libraries) {
    const from = join(folder, library);
    const { code, stderr } = await run('strip', ['--strip-unneeded', '-o', `${from}.stripped`, from]);
    if (code === 0) renameSync(`${from}.stripped`, from);
    else {
      rmSync(`${from}.stripped`, { force: true });
      say(code === 'ENOENT' ? 'strip is not here: the library keeps its symbols' : `strip: ${stderr.trim()}`);
      return;
    }
  }
  say(`symbols removed in ${since(startedMs)}`);
}

/** Unpacks the library's wheels into `folder`; CUDA goes beside tensorflow/, where the library's run path looks. */
async function unpackWheels(folder: string, device: Device, source: WheelSource): Promise<void> {
  const cuda = device === 'gpu' ? Object.keys(pinnedWheels).filter((project) => project.startsWith('nvidia-')) : [];
  for (const project of [flavours[device].project, ...cuda]) {
    const wheel = await source.fetch(project);
    const startedMs = performance.now();
    const files = await unzip(wheel, folder, project.startsWith('nvidia-') ? isFromNvidia : isFromTensorflow);
    source.release(wheel);
    say(`${project}: ${files.length} files unpacked in ${since(startedMs)}`);
  }
  if (device === 'gpu') linkSolver(folder);
}

/**
 * TensorFlow opens CUDA's libraries from libtensorflow_framework, whose run path leaves out cuSOLVER's folder; without one of them it
 * takes the CPU and says so in its log alone. cuSPARSE's folder is in the path, and as deep, so cuSOLVER finds its own from there.
 */
function linkSolver(folder: string): void {
  const name = readdirSync(join(folder, 'nvidia', 'cusolver', 'lib')).find((file) =>
    /^libcusolver\.so\.\d+$/.test(file),
  );
  if (!name) throw new Error('the wheel of cuSOLVER holds no libcusolver.so');
  symlinkSync(join('..', '..', 'cusolver', 'lib', name), join(folder, 'nvidia', 'cusparse', 'lib', name));
}

/**
 * Has libtensorflow, its C headers and for the GPU the CUDA libraries in the cache.
 *
 * @param folder of `libraryFolder`
 * @returns the libraries' sizes
 * @throws SetupError when the disk is too full or a wheel can't be had
 */
export async function ensureLibrary(
  folder: string,
  device: Device,
  source: WheelSource,
  run: RunTool = runTool,
): Promise<LibrarySizes> {
  const known = readComplete(folder);
  if (known) return known;
  requireSpace(dirname(folder), flavours[device].neededBytes, `TensorFlow for the ${device.toUpperCase()}`);
  removeLeftovers(folder);
  const into = temporary(folder);
  mkdirSync(into, { recursive: true });
  try {
    await unpackWheels(into, device, source);
    await stripSymbols(into, run);
    const libs = Object.fromEntries(libraries.map((file) => [file, fileSizeBytes(join(into, file))]));
    for (const [file, bytes] of Object.entries(libs)) if (bytes < 0) throw new Error(`the wheel holds no ${file}`);
    writeFileSync(join(into, 'complete.json'), JSON.stringify({ tensorflow: tensorflowVersion, libs }, null, 1));
    if (existsSync(folder)) renameSync(folder, temporary(folder)); // an unfit one: a program may still have it open
    renameSync(into, folder);
    return libs;
  } finally {
    rmSync(into, { recursive: true, force: true });
  }
}
