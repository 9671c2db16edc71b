import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { buildBinding, type BindingPlace } from './binding.ts';
import { fileSizeBytes, temporary, writeAtomic } from './cache.mjs';
import { findCompiler } from './compiler.ts';
import {
  type Device,
  ensureLibrary,
  libraryFolder,
  type LibrarySizes,
  recipe,
  tensorflowVersion,
} from './libtensorflow.ts';
import { type ReadyPart } from './ready.mjs';
import { runTool } from './run-tool.ts';
import { type WheelSource } from './wheel-source.ts';

interface EnginePlace extends BindingPlace {
  device: Device;
  nativeFolder: string;
  /** Names a binding by all that it depends on, so that other checkouts take the same one. */
  key: string;
  /** Where tfjs-node looks. */
  binding: string;
  stamp: string;
}

interface Stamp {
  key: string;
  size: number;
  libs: LibrarySizes;
}

function locate(root: string, cache: string, device: Device): EnginePlace {
  const tfjsFolder = join(root, 'node_modules', '@tensorflow', 'tfjs-node-gpu');
  const { version } = JSON.parse(readFileSync(join(tfjsFolder, 'package.json'), 'utf8')) as { version: string };
  const nativeFolder = join(cache, 'native');
  const library = libraryFolder(nativeFolder, device);
  const key = createHash('sha256')
    .update([recipe[device], version, device, library].join('\0'))
    .digest('hex')
    .slice(0, 16);
  const folder = join(tfjsFolder, 'lib', 'napi-v8');
  return {
    device,
    nativeFolder,
    tfjsFolder,
    headersFolder: join(root, 'node_modules', 'node-api-headers'),
    libraryFolder: library,
    key,
    binding: join(folder, 'tfjs_binding.node'),
    stamp: join(folder, 'tfjs_binding.json'),
    built: join(nativeFolder, 'bindings', key, 'tfjs_binding.node'),
  };
}

function readStamp(place: EnginePlace): Stamp | undefined {
  if (!existsSync(place.stamp)) return undefined;
  const stamp = JSON.parse(readFileSync(place.stamp, 'utf8')) as Stamp;
  const whole =
    stamp.key === place.key &&
    fileSizeBytes(place.binding) === stamp.size &&
    Object.entries(stamp.libs).every(([file, bytes]) => fileSizeBytes(join(place.libraryFolder, file)) === bytes);
  return whole ? stamp : undefined;
}

/** Copies the binding of the cache to where tfjs-node looks. The stamp comes last: it says that the copy is whole. */
function install(place: EnginePlace, libs: LibrarySizes): Stamp {
  mkdirSync(join(place.binding, '..'), { recursive: true });
  const copy = temporary(place.binding);
  copyFileSync(place.built, copy);
  rmSync(place.stamp, { force: true });
  renameSync(copy, place.binding);
  const stamp: Stamp = { key: place.key, size: fileSizeBytes(place.binding), libs };
  writeAtomic(place.stamp, JSON.stringify({ ...stamp, device: place.device, tensorflow: tensorflowVersion }, null, 1));
  return stamp;
}

/**
 * Has native TensorFlow in place: the library in the cache, the binding in the cache and in node_modules.
 *
 * @param root the repository, with its packages installed
 * @throws SetupError
 */
export async function ensureEngine(
  root: string,
  cache: string,
  device: Device,
  source: WheelSource,
): Promise<ReadyPart> {
  const place = locate(root, cache, device);
  let stamp = readStamp(place);
  if (!stamp) {
    const libs = await ensureLibrary(place.libraryFolder, device, source);
    await buildBinding(place, () => findCompiler(join(place.nativeFolder, 'zig'), source, runTool));
    stamp = install(place, libs);
  }
  const files = Object.entries(stamp.libs).map(([file, bytes]) => [join(place.libraryFolder, file), bytes] as const);
  return { files: { [place.binding]: stamp.size, ...Object.fromEntries(files) }, env: {} };
}
