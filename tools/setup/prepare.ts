// The set-up's second half, on Node 24: fetches and builds the parts named, and records what is in place.
//
//   node tools/setup/prepare.ts engine|nats-server|weed ...    (called by launch.mjs, which holds the lock)
import { join } from 'node:path';

import { cacheFolder } from './cache.mjs';
import { ensureEngine } from './engine.ts';
import { report } from './errors.mjs';
import { chooseDevice, describeMachine } from './platform.mjs';
import { say, since } from './progress.ts';
import { readReady, setupKey, writeReady } from './ready.mjs';
import { ensureServer } from './servers.ts';
import { createWheelSource } from './wheel-source.ts';

const root = join(import.meta.dirname, '..', '..');

async function prepare(parts: string[]): Promise<void> {
  const startedMs = performance.now();
  const cache = cacheFolder();
  const source = createWheelSource({ downloadFolder: join(cache, 'downloads'), machine: describeMachine() });
  const key = setupKey(root, process.env);
  for (const part of parts) {
    const ready =
      part === 'engine'
        ? await ensureEngine(root, cache, chooseDevice(), source)
        : await ensureServer(part, cache, source);
    writeReady(root, key, { ...readReady(root, key), [part]: ready });
  }
  say(`set up in ${since(startedMs)}`);
}

try {
  await prepare(process.argv.slice(2));
} catch (error) {
  process.exitCode = report(error);
}
