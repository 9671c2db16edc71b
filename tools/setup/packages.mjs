// The npm packages of the lock file, installed without running their scripts.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

import { requireSpace, writeAtomic } from './cache.mjs';
import { npmFailure } from './npm-failure.mjs';

const neededBytes = 1.4e9; // node_modules and what npm keeps in its own cache
const stampOf = (root) => join(root, 'node_modules', '.unlabel-packages.json');

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

const lockHash = (root) =>
  createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');

const fits = (list, value) =>
  !list || list.includes(value) || (list[0]?.startsWith('!') && !list.includes(`!${value}`));

/** Whether npm's own record of node_modules is what the lock file asks for: then someone has run npm here already. */
export function installedMatches(lock, installed) {
  if (!installed) return false;
  for (const [path, want] of Object.entries(lock.packages)) {
    if (path === '') continue;
    const has = installed.packages[path];
    const absent = want.optional || want.devOptional || want.extraneous;
    if (has ? has.version !== want.version || has.integrity !== want.integrity : !absent) return false;
  }
  return Object.keys(installed.packages).every((path) => lock.packages[path]);
}

/** Whether node_modules holds what package-lock.json asks for. */
export function packagesInPlace(root) {
  const hash = lockHash(root);
  if (readJson(stampOf(root))?.lock === hash) return true;
  const lock = readJson(join(root, 'package-lock.json'));
  if (!installedMatches(lock, readJson(join(root, 'node_modules', '.package-lock.json')))) return false;
  writeAtomic(stampOf(root), JSON.stringify({ lock: hash }));
  return true;
}

/** How many packages of a lock file this machine gets; about, since npm also leaves out what is for another C library. */
export function countPackages(lock, { platform, arch } = process) {
  const wanted = ([path, { extraneous, os, cpu, libc }]) =>
    path && !extraneous && fits(os, platform) && fits(cpu, arch) && fits(libc, 'glibc');
  return Object.entries(lock.packages).filter(wanted).length;
}

/**
 * How to call npm. Within `npm start` npm names itself and the Node it runs on; that Node, and the first in the path, may
 * be the one in node_modules, which the installation removes, so that folder is left out of the path.
 */
function npmCommand(root, env) {
  const inside = join(root, 'node_modules');
  const path = (env.PATH ?? '').split(delimiter).filter((folder) => !folder.startsWith(inside));
  const outer = { ...env, PATH: path.join(delimiter) };
  const { npm_execpath: npm, npm_node_execpath: node } = env;
  if (npm && node && existsSync(npm) && existsSync(node) && !node.startsWith(inside))
    return { command: node, first: [npm], env: outer };
  return { command: 'npm', first: [], env: outer };
}

/** Shows a line for each tenth of the packages that npm has fetched, and one when the registry does not answer. */
function showFetched(total, say) {
  let fetched = 0;
  let shown = 0;
  let told = false;
  return (line) => {
    const [, reason] = /^npm http .* failed with (\w+)/.exec(line) ?? [];
    if (reason && !told) say(`the package registry does not answer (${reason}); npm tries again`);
    told ||= Boolean(reason);
    if (!/^npm http .*\.tgz/.test(line)) return;
    fetched += 1;
    const tenths = Math.floor((10 * fetched) / total);
    if (tenths > shown) say(`packages: ${fetched} of about ${total} fetched`);
    shown = Math.max(shown, tenths);
  };
}

const npmArguments = [
  ...['ci', '--ignore-scripts', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=http'],
  ...['--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=8000'], // npm's own are 10 and 60 s: minutes without a network
];

function runNpm({ command, first, env }, root, onLine) {
  return new Promise((resolve) => {
    const child = spawn(command, [...first, ...npmArguments], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let rest = '';
    const take = (chunk) => {
      output = (output + chunk).slice(-100_000);
      const lines = (rest + chunk).split('\n');
      rest = lines.pop();
      for (const line of lines) onLine(line);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.on('error', (error) => resolve({ code: error.code, output: `${output}${error.message}` }));
    child.on('close', (code) => resolve({ code, output }));
  });
}

/**
 * Installs the packages (`npm ci --ignore-scripts`).
 *
 * @throws SetupError with npm's reason in one line
 */
export async function installPackages(root, { env = process.env, say = () => {}, free } = {}) {
  requireSpace(root, neededBytes, 'the installation of the packages', free);
  const total = countPackages(readJson(join(root, 'package-lock.json')));
  say(`installing the packages (npm ci, about ${total})`);
  const startedMs = Date.now();
  const hash = lockHash(root);
  const { code, output } = await runNpm(npmCommand(root, env), root, showFetched(total, say));
  if (code !== 0) throw npmFailure(code, output);
  writeAtomic(stampOf(root), JSON.stringify({ lock: hash }));
  say(`packages installed in ${((Date.now() - startedMs) / 1000).toFixed(1)} s`);
}
