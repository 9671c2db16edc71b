// What the set-up left in place, and whether it is still there: all that a start looks at when nothing is missing.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { cacheFolder, fileSizeBytes, writeAtomic } from './cache.mjs';
import { jpegDecoderFolder, kernelFolder, levelsFolder, sourceDigest, transformsFolder } from './native-sources.mjs';
import { chooseDevice } from './platform.mjs';

/** In node_modules, so that a fresh installation of the packages has the parts looked at again. */
const recordOf = (root) => join(root, 'node_modules', '.unlabel-ready.json');

/** A digest of what decides where the parts are: settings, device, the wheels that the set-up takes, and the C++ sources. */
export function setupKey(root, env, exists = existsSync) {
  const wheels = readFileSync(join(root, 'tools', 'setup', 'pinned-wheels.json'), 'utf8');
  const folders = [kernelFolder(root), jpegDecoderFolder(root), transformsFolder(root), levelsFolder];
  const decides = [root, cacheFolder(env), chooseDevice(env, exists), wheels, ...folders.map(sourceDigest)];
  return createHash('sha256').update(decides.join('\0')).digest('hex');
}

/**
 * The parts that a command needs: those that the environment names are the user's own.
 *
 * @returns {string[]} of "engine", "nats-server", "weed"
 */
export function neededParts(command, env) {
  const parts = ['engine'];
  if (!env.UNLABEL_NATS_SERVER) parts.push('nats-server');
  if (!env.UNLABEL_WEED && ['test', 'setup', 'faults'].includes(command)) parts.push('weed');
  return parts;
}

/** The record of an earlier set-up: part name to files (path to bytes) and environment; without those that are gone. */
export function readReady(root, key) {
  let record;
  try {
    record = JSON.parse(readFileSync(recordOf(root), 'utf8'));
  } catch {
    return {};
  }
  if (record.key !== key) return {};
  const whole = ([, { files }]) => Object.entries(files).every(([path, bytes]) => fileSizeBytes(path) === bytes);
  return Object.fromEntries(Object.entries(record.parts).filter(whole));
}

/** Records the parts that are in place. */
export function writeReady(root, key, parts) {
  writeAtomic(recordOf(root), JSON.stringify({ key, parts }, null, 1));
}
