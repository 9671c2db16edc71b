// The sources of the engine's own kernels, by content: a checkout that has changed them has them built again.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The folder of the sources. */
export const kernelFolder = (root) => join(root, 'libs', 'engine', 'kernels');

/** A digest of all the sources' names and contents. */
export function kernelDigest(root) {
  const folder = kernelFolder(root);
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
