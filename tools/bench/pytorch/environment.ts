import { createHash } from 'node:crypto';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { UnlabelError } from '#lib/contracts';

import { cacheFolder, requireSpace, writeAtomic } from '../../setup/cache.mjs';
import { SetupError } from '../../setup/errors.mjs';
import { withLock } from '../../setup/lock.mjs';
import { readPipSettings } from '../../setup/pip-settings.ts';
import { type RunTool, runTool } from '../../setup/run-tool.ts';
import type { PythonHere } from '../bench.ts';

import { namedPython, packageVersions } from './python.ts';

const requirementsFile = join(import.meta.dirname, 'requirements.txt');

/** Measured with torch 2.15 and its CUDA libraries: 5.8 GB, and 3 GB of wheels that pip keeps. */
const neededBytes = 10e9;
const remedy = 'set UNLABEL_PYTHON to a Python that has torch, torchvision and albumentations';

/** Runs a command whose output a person watches. @returns its exit code and what it said on standard error */
export type WatchTool = (
  command: string,
  args: string[],
  env: NodeJS.ProcessEnv,
) => Promise<{ code: number | null; stderr: string }>;

export interface EnvironmentPorts {
  say(line: string): void;
  env?: NodeJS.ProcessEnv;
  run?: RunTool;
  watch?: WatchTool;
  /** requirements, a line each; default: the file beside this one */
  requirements?: string;
}

/**
 * The Python that benches compare with: `UNLABEL_PYTHON` if it is set, else an environment in the cache folder, made when
 * it is not there. It is named by the pinned versions and by the Python that it is made of; one that was interrupted is
 * gone on with; two sessions don't make it at once.
 *
 * @param packages that are needed
 * @throws UsageError for an `UNLABEL_PYTHON` that lacks one of them
 * @throws SetupError when it can't be made: no Python, no space, no network
 */
export async function comparisonPython(packages: readonly string[], ports: EnvironmentPorts): Promise<PythonHere> {
  const { env = process.env, run = runTool } = ports;
  const named = env['UNLABEL_PYTHON'];
  if (named) return namedPython(named, packages, run);
  const requirements = ports.requirements ?? readFileSync(requirementsFile, 'utf8');
  const base = await basePython(run);
  const key = createHash('sha256').update(`${requirements}\0${base.version}`).digest('hex').slice(0, 12);
  const folder = join(cacheFolder(env), `bench-python-${key}`);
  const python = join(folder, 'bin', 'python');
  const complete = join(folder, 'complete.json'); // written last: without it the folder is not finished
  if (!existsSync(complete))
    await withLock(
      join(cacheFolder(env), 'locks', `bench-python-${key}.lock`),
      async () => {
        if (existsSync(complete)) return; // made while this process waited
        await makeEnvironment(folder, base.command, pinsOf(requirements), ports);
        writeAtomic(complete, JSON.stringify({ requirements: pinsOf(requirements), madeAt: new Date().toISOString() }));
      },
      () => ports.say('another session is making the environment; waiting for it'),
    );
  const versions = await packageVersions(python, packages, run);
  return { command: python, versions: versions as Record<string, string> };
}

/** The pinned packages, `name==version`, without comments. @throws UnlabelError for one without a version */
export function pinsOf(requirements: string): string[] {
  const lines = requirements.split('\n').map((line) => line.replace(/#.*$/, '').trim());
  const pins = lines.filter((line) => line !== '');
  const loose = pins.find((pin) => !/^[\w.-]+==[\w.+]+$/.test(pin));
  if (loose !== undefined) throw new UnlabelError(`requirements: ${loose} is not pinned as name==version`);
  return pins;
}

async function basePython(run: RunTool): Promise<{ command: string; version: string }> {
  const command = 'python3';
  try {
    const versions = await packageVersions(command, [], run);
    return { command, version: String(versions['Python']).split('.').slice(0, 2).join('.') };
  } catch (cause) {
    throw new SetupError('there is no python3 to make an environment with', `install one, or ${remedy}`, { cause });
  }
}

async function makeEnvironment(folder: string, base: string, pins: string[], ports: EnvironmentPorts): Promise<void> {
  const { say, env = process.env, run = runTool, watch = watchTool } = ports;
  say(
    `making a Python environment to compare with, in ${folder}: it takes some gigabytes, about 6 (${pins.join(', ')})`,
  );
  requireSpace(folder, neededBytes, 'the Python environment');
  const python = join(folder, 'bin', 'python');
  if (!existsSync(python)) {
    const made = await run(base, ['-m', 'venv', folder], env);
    if (made.code !== 0)
      throw new SetupError(
        `${base} -m venv failed: ${lastLine(made.stderr || made.stdout)}`,
        `install Python's venv (python3-venv), or ${remedy}`,
      );
  }
  const pipEnv = { ...env, ...(await pipVariables(env, run)) };
  for (const [at, pin] of pins.entries()) {
    say(`${pin} (${at + 1} of ${pins.length})`);
    const { code, stderr } = await watch(python, ['-m', 'pip', 'install', ...pipFlags, pin], pipEnv);
    if (code !== 0) throw explainPip(pin, stderr);
  }
}

const pipFlags = ['--disable-pip-version-check', '--retries', '3', '--progress-bar', 'on'];

/** What the user has set for pip, where the environment's own pip sees it, too. */
async function pipVariables(env: NodeJS.ProcessEnv, run: RunTool): Promise<Record<string, string>> {
  const { indexUrls, cert, proxy, trustedHosts } = await readPipSettings(env, run);
  const [indexUrl, ...extra] = indexUrls;
  return {
    PIP_INDEX_URL: indexUrl as string,
    ...(extra.length > 0 && { PIP_EXTRA_INDEX_URL: extra.join(' ') }),
    ...(cert && { PIP_CERT: cert }),
    ...(proxy && { PIP_PROXY: proxy }),
    ...(trustedHosts.length > 0 && { PIP_TRUSTED_HOST: trustedHosts.join(' ') }),
  };
}

const unreachable = /connection error|NewConnectionError|Max retries exceeded|timed out|Name or service|getaddrinfo/i;

/** One line of what pip says in many. */
export function explainPip(pin: string, stderr: string): SetupError {
  const errors = stderr.split('\n').filter((line) => line.startsWith('ERROR: '));
  const said = errors[0]?.slice('ERROR: '.length) ?? lastLine(stderr);
  if (unreachable.test(stderr))
    return new SetupError(
      `the package index can't be reached, so ${pin} is not here`,
      `check the network and pip's settings, and start again: what has arrived is kept; or ${remedy}`,
    );
  return new SetupError(`pip could not install ${pin}: ${said}`, `start again to go on where it ended, or ${remedy}`);
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? '';

/** Standard output goes to the terminal's standard error: pip's progress is nothing that a report is piped with. */
const watchTool: WatchTool = (command, args, env) =>
  new Promise((resolve) => {
    const child = spawn(command, args, { env, stdio: ['ignore', 2, 'pipe'] });
    let stderr = '';
    child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('error', (error) => resolve({ code: null, stderr: error.message }));
    child.on('close', (code) => resolve({ code, stderr }));
  });
