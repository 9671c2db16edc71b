// The start of everything: puts in place what is missing, then runs a command on Node 24.
//
//   node tools/setup/launch.mjs setup|demo|cli|test|bench|faults|docs [arguments]
//
// This file and those it imports run on Node 18 or newer with nothing installed. With all in place it does a few stats.
import { readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { cacheFolder } from './cache.mjs';
import { report, SetupError } from './errors.mjs';
import { withLock } from './lock.mjs';
import { bundledNodeFolder, findNode24 } from './node24.mjs';
import { installPackages, packagesInPlace } from './packages.mjs';
import { checkPlatform, describeMachine } from './platform.mjs';
import { neededParts, readReady, setupKey } from './ready.mjs';
import { runProgram } from './run-program.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** What each command runs; `setup` runs nothing more. */
const programs = {
  setup: undefined,
  demo: ['apps/cli/src/main.ts', 'demo'],
  cli: ['apps/cli/src/main.ts'],
  test: ['tools/workspace/check.ts'],
  bench: ['tools/bench/main.ts'],
  faults: ['tools/faults/main.ts'],
  docs: ['tools/docs/main.ts'],
};

const say = (line) => process.stderr.write(`unlabel: ${line}\n`);

function checkCommand(command) {
  if (Object.hasOwn(programs, command ?? '')) return;
  const error = new SetupError(
    command ? `there is no command "${command}"` : 'a command is missing',
    `node tools/setup/launch.mjs ${Object.keys(programs).join('|')} [arguments]`,
  );
  throw Object.assign(error, { exitCode: 2 });
}

/** The parts in place and those that the command still lacks. */
function look(command) {
  const ready = packagesInPlace(root) ? readReady(root, setupKey(root, process.env)) : {};
  return { ready, missing: neededParts(command, process.env).filter((part) => !ready[part]) };
}

/** Installs and fetches what is missing; true when all is there, or the exit code of the step that failed and told why. */
async function putInPlace(command) {
  if (!packagesInPlace(root)) await installPackages(root, { say });
  const { missing } = look(command);
  if (missing.length === 0) return 0;
  return runProgram(findNode24(root), [join(root, 'tools', 'setup', 'prepare.ts'), ...missing], { cwd: root });
}

/**
 * The environment of the programs: Node 24 and the tools first in the path, the servers by their variables. What Node compiled, types
 * stripped, is kept: every process starts in half the time.
 */
function programEnvironment(ready) {
  const env = { ...process.env };
  for (const part of Object.values(ready)) for (const [name, value] of Object.entries(part.env)) env[name] ||= value;
  const first = [bundledNodeFolder(root), join(root, 'node_modules', '.bin')];
  const others = (env.PATH ?? '').split(delimiter).filter((folder) => !first.includes(folder));
  env.NODE_COMPILE_CACHE ||= join(cacheFolder(), 'compiled');
  env.PATH = [...first, ...others].join(delimiter);
  return env;
}

function describeReady(ready) {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return `ready: unlabel ${version}, ${Object.keys(ready).sort().join(', ')} (cache: ${cacheFolder()})`;
}

async function main([command, ...args]) {
  checkCommand(command);
  let { ready, missing } = look(command);
  if (missing.length > 0) {
    checkPlatform(describeMachine());
    const lock = join(cacheFolder(), 'locks', 'setup.lock');
    const code = await withLock(
      lock,
      () => putInPlace(command),
      () => say('another set-up is running; waiting for it'),
    );
    if (code !== 0) return code;
    ({ ready, missing } = look(command));
    if (missing.length > 0) throw new Error(`still missing after the set-up: ${missing.join(', ')}`);
  }
  const program = programs[command];
  if (!program) {
    process.stdout.write(`${describeReady(ready)}\n`);
    return 0;
  }
  const [file, ...first] = program;
  return runProgram(findNode24(root), [join(root, file), ...first, ...args], { env: programEnvironment(ready) });
}

main(process.argv.slice(2)).then(
  (code) => (process.exitCode = code),
  (error) => (process.exitCode = report(error)),
);
