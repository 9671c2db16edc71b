// The C++ sources that are built here, by content: a checkout that has changed them has their modules built again.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the engine's own kernels. */
export const kernelFolder = (root) => join(root, 'libs', 'engine', 'kernels');

/** The folder of the JPEG decoder. */
export const jpegDecoderFolder = (root) => join(root, 'libs', 'images', 'native');

/** The folder of the kernels of transforms. */
export const transformsFolder = (root) => join(root, 'libs', 'transforms', 'native');

/** The folder of levels.h, by which modules choose among the levels that they are compiled for. */
export const levelsFolder = fileURLToPath(new URL('native', import.meta.url));

/** A digest of the names and contents of all sources in a folder. */
export function sourceDigest(folder) {
  const hash = createHash('sha256');
  for (const name of readdirSync(folder, { recursive: true }).sort()) {
    if (!/\.(cc|h)$/.test(name)) continue;
    hash
      .update(`${name}\0`)
      .update(readFileSync(join(folder, name)))
      .update('\0');
  }
  return hash.digest('hex');
}
