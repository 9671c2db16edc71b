import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { UnlabelError } from '#lib/contracts';

import { root } from './paths.ts';

const built = 'dist/apps/dashboard/index.html';
const sources = ['apps/dashboard', 'libs/client/src', 'libs/contracts/src'];

/** Builds the dashboard that control serves, unless what is built is newer than every source. Takes about a second. */
export async function buildDashboard(onStart: (text: string) => void): Promise<void> {
  const builtMs = await modified(join(root, built));
  if (builtMs > (await newest())) return;
  onStart('building the dashboard');
  const vite = join(root, 'node_modules/vite/bin/vite.js');
  const child = spawn(process.execPath, [vite, 'build', 'apps/dashboard', '--logLevel', 'error'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (bytes: Buffer) => (errors += bytes.toString()));
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0)
    throw new UnlabelError(`the dashboard could not be built: ${errors.trim().split('\n')[0]}`, {
      remedy: 'npm run setup, then try again',
    });
}

const modified = (file: string): Promise<number> =>
  stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => -Infinity,
  );

async function newest(): Promise<number> {
  let newestMs = -Infinity;
  for (const folder of sources)
    for (const entry of await readdir(join(root, folder), { recursive: true }))
      newestMs = Math.max(newestMs, await modified(join(root, folder, entry)));
  return newestMs;
}
