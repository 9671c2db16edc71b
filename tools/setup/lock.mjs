// One set-up at a time for each cache folder; the others wait.
import {
  linkSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { temporary } from './cache.mjs';

const beatMs = 2_000;
const staleMs = 30_000;

/** Where process ids mean the same: a cache may be shared by machines and containers. */
function processSpace() {
  try {
    return `${hostname()} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return hostname();
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** The lock file's text and whether its holder has died; undefined when there is no lock. */
function look(path) {
  try {
    const text = readFileSync(path, 'utf8');
    const ageMs = Date.now() - statSync(path).mtimeMs;
    let dead = false;
    try {
      const { pid, space } = JSON.parse(text);
      dead = space === processSpace() && !isAlive(pid);
    } catch {
      // just being written: its age tells
    }
    return { text, dead: dead || ageMs > staleMs };
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Removes a dead holder's lock, and only that one: another process may have taken it over meanwhile. */
function removeDead(path, text) {
  const moved = temporary(path);
  try {
    renameSync(path, moved);
    if (readFileSync(moved, 'utf8') !== text) linkSync(moved, path);
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error;
  } finally {
    rmSync(moved, { force: true });
  }
}

/**
 * Runs `work` while holding the lock file at `path`. The holder touches the file every two seconds, so a lock whose
 * holder was killed is taken over: at once where its process id can be looked up, else after half a minute.
 *
 * @param {string} path
 * @param {() => Promise<T>} work
 * @param {() => void} onWait called once if another process holds the lock
 * @returns {Promise<T>}
 * @template T
 */
export async function withLock(path, work, onWait = () => {}) {
  mkdirSync(dirname(path), { recursive: true });
  const mine = JSON.stringify({ pid: process.pid, space: processSpace(), token: Math.random() });
  for (let told = false; ;) {
    try {
      writeFileSync(path, mine, { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const held = look(path);
    if (held?.dead) removeDead(path, held.text);
    else if (held) {
      if (!told) onWait();
      told = true;
      await sleep(200);
    }
  }
  const release = () => rmSync(path, { force: true });
  const beat = setInterval(() => {
    try {
      utimesSync(path, new Date(), new Date());
    } catch {
      // removed by hand: nothing to keep alive
    }
  }, beatMs);
  process.on('exit', release);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    process.off('exit', release);
    release();
  }
}
