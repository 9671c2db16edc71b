import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { buildBinding, type BindingPlace } from './binding.ts';
import { fileSizeBytes, temporary, writeAtomic } from './cache.mjs';
import { findCompiler } from './compiler.ts';
import { buildJpegDecoder, type JpegDecoderPlace } from './jpeg-decoder.ts';
import { buildKernels, type KernelsPlace, levels } from './kernels.ts';
import {
  type Device,
  ensureLibrary,
  libraryFolder,
  type LibrarySizes,
  recipe,
  tensorflowVersion,
} from './libtensorflow.ts';
import { jpegDecoderFolder, kernelFolder, levelsFolder, sourceDigest, transformsFolder } from './native-sources.mjs';
import { type ReadyPart } from './ready.mjs';
import { runTool } from './run-tool.ts';
import { buildTransforms, transformLevels, type TransformsPlace } from './transforms.ts';
import { type WheelSource } from './wheel-source.ts';

interface EnginePlace {
  device: Device;
  binding: BindingPlace;
  kernels: KernelsPlace;
  jpegDecoder: JpegDecoderPlace;
  transforms: TransformsPlace;
  libraryFolder: string;
  nativeFolder: string;
  /** Names what is built by all that they depend on, so that other checkouts take the same ones. */
  key: string;
  /** Where tfjs-node and the engine look, with what of the cache is copied there. */
  installed: Record<string, string>;
  stamp: string;
}

interface Stamp {
  key: string;
  /** of the installed files, in bytes */
  sizes: Record<string, number>;
  libs: LibrarySizes;
}

function locate(root: string, cache: string, device: Device): EnginePlace {
  const tfjsFolder = join(root, 'node_modules', '@tensorflow', 'tfjs-node-gpu');
  const { version } = JSON.parse(readFileSync(join(tfjsFolder, 'package.json'), 'utf8')) as { version: string };
  const nativeFolder = join(cache, 'native');
  const library = libraryFolder(nativeFolder, device);
  const keyOf = (...depends: unknown[]) => createHash('sha256').update(depends.join('\0')).digest('hex').slice(0, 16);
  const [bindingKey, kernelsKey, jpegKey, transformsKey] = [
    keyOf(recipe[device], version, device, library),
    keyOf(library, sourceDigest(kernelFolder(root)), sourceDigest(levelsFolder), JSON.stringify(levels)),
    keyOf(sourceDigest(jpegDecoderFolder(root))),
    keyOf(sourceDigest(transformsFolder(root)), sourceDigest(levelsFolder), JSON.stringify(transformLevels)),
  ];
  const folder = join(tfjsFolder, 'lib', 'napi-v8');
  const headersFolder = join(root, 'node_modules', 'node-api-headers');
  const common = { headersFolder, libraryFolder: library };
  const binding = { ...common, tfjsFolder, built: join(nativeFolder, 'bindings', bindingKey, 'tfjs_binding.node') };
  const built = join(nativeFolder, 'kernels', kernelsKey, 'unlabel_kernels.node');
  const kernels = { ...common, sourceFolder: kernelFolder(root), built };
  const jpegDecoder = {
    headersFolder,
    source: join(jpegDecoderFolder(root), 'jpeg.cc'),
    built: join(nativeFolder, 'jpeg', jpegKey, 'jpeg.node'),
  };
  const transforms = {
    headersFolder,
    sourceFolder: transformsFolder(root),
    built: join(nativeFolder, 'transforms', transformsKey, 'transforms.node'),
  };
  const own = join(root, 'node_modules', '.unlabel-native');
  return {
    device,
    nativeFolder,
    libraryFolder: library,
    binding,
    kernels,
    jpegDecoder,
    transforms,
    key: [bindingKey, kernelsKey, jpegKey, transformsKey].join('-'),
    installed: {
      [join(folder, 'tfjs_binding.node')]: binding.built,
      [join(folder, 'unlabel_kernels.node')]: kernels.built,
      [join(own, 'jpeg.node')]: jpegDecoder.built,
      [join(own, 'transforms.node')]: transforms.built,
    },
    stamp: join(folder, 'tfjs_binding.json'),
  };
}

function readStamp(place: EnginePlace): Stamp | undefined {
  if (!existsSync(place.stamp)) return undefined;
  const stamp = JSON.parse(readFileSync(place.stamp, 'utf8')) as Stamp;
  const whole =
    stamp.key === place.key &&
    Object.keys(place.installed).every((path) => fileSizeBytes(path) === stamp.sizes[path]) &&
    Object.entries(stamp.libs).every(([file, bytes]) => fileSizeBytes(join(place.libraryFolder, file)) === bytes);
  return whole ? stamp : undefined;
}

/** Copies what the cache has to where it is looked for. The stamp comes last: it says that the copies are whole. */
function install(place: EnginePlace, libs: LibrarySizes): Stamp {
  mkdirSync(dirname(place.stamp), { recursive: true });
  const copies = Object.entries(place.installed).map(([path, built]) => {
    mkdirSync(dirname(path), { recursive: true });
    const copy = temporary(path);
    copyFileSync(built, copy);
    return [copy, path] as const;
  });
  rmSync(place.stamp, { force: true });
  for (const [copy, path] of copies) renameSync(copy, path);
  const sizes = Object.fromEntries(Object.keys(place.installed).map((path) => [path, fileSizeBytes(path)]));
  const stamp: Stamp = { key: place.key, sizes, libs };
  writeAtomic(place.stamp, JSON.stringify({ ...stamp, device: place.device, tensorflow: tensorflowVersion }, null, 1));
  return stamp;
}

/**
 * Has native TensorFlow in place: the library in the cache, binding, kernels, the JPEG decoder and the transforms in the cache and in node_modules.
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
    await buildAll(place, source);
    stamp = install(place, libs);
  }
  const files = Object.entries(stamp.libs).map(([file, bytes]) => [join(place.libraryFolder, file), bytes] as const);
  return { files: { ...stamp.sizes, ...Object.fromEntries(files) }, env: {} };
}

async function buildAll(place: EnginePlace, source: WheelSource): Promise<void> {
  const { binding, kernels, jpegDecoder, transforms, nativeFolder } = place;
  if ([binding, kernels, jpegDecoder, transforms].every(({ built }) => existsSync(built))) return;
  const compiler = await findCompiler(join(nativeFolder, 'zig'), source, runTool);
  try {
    await buildBinding(binding, compiler);
    await buildKernels(kernels, compiler);
    await buildJpegDecoder(jpegDecoder, compiler);
    await buildTransforms(transforms, compiler);
  } finally {
    compiler.remove();
  }
}
