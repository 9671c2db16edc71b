import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { SetupError } from './errors.mjs';
import { type RunTool } from './run-tool.ts';

/** What pip knows about package indexes on this machine: the set-up asks where pip would ask. */
export interface PipSettings {
  /** Addresses of "simple" indexes, in the order to try. */
  indexUrls: string[];
  /** PEM file of an extra certificate authority. */
  cert?: string | undefined;
  proxy?: string | undefined;
  /** Hosts whose certificate pip does not check. */
  trustedHosts: string[];
}

const keys = ['index-url', 'extra-index-url', 'cert', 'proxy', 'trusted-host'];
const pips = [['pip'], ['pip3'], ['python3', '-m', 'pip']] as const;

/** First value wins: callers take the settings from the strongest source to the weakest. */
function take(settings: Map<string, string>, key: string, value: string | undefined): void {
  if (value && keys.includes(key) && !settings.has(key)) settings.set(key, value);
}

function takeListed(settings: Map<string, string>, listed: string): void {
  for (const section of ['download', 'install', 'global'])
    for (const line of listed.split('\n')) {
      const [, key, value] = new RegExp(`^${section}\\.([a-z-]+)='(.*)'$`).exec(line) ?? [];
      if (key) take(settings, key, value?.replaceAll('\\n', ' '));
    }
}

/** Without pip its files still tell, in its order. */
function takeFiles(settings: Map<string, string>, env: NodeJS.ProcessEnv): void {
  const home = env['HOME'] ?? '';
  const files = [
    env['PIP_CONFIG_FILE'],
    env['VIRTUAL_ENV'] && join(env['VIRTUAL_ENV'], 'pip.conf'),
    join(env['XDG_CONFIG_HOME'] || join(home, '.config'), 'pip', 'pip.conf'),
    join(home, '.pip', 'pip.conf'),
    '/etc/xdg/pip/pip.conf',
    '/etc/pip.conf',
  ];
  for (const file of files) {
    let text = '';
    try {
      text = file ? readFileSync(file, 'utf8') : '';
    } catch {
      continue; // pip, too, passes over a file that is not there
    }
    for (const line of text.split('\n')) {
      const [, key, value] = /^\s*([a-z-]+)\s*[=:]\s*(\S.*?)\s*$/.exec(line) ?? [];
      if (key) take(settings, key, value);
    }
  }
}

async function findPip(run: RunTool): Promise<readonly string[] | undefined> {
  for (const pip of pips) if ((await run(pip[0], [...pip.slice(1), '--version'])).code === 0) return pip;
  return undefined;
}

/** pip's own default index, asked of pip's code: `pip --version` tells where that lies. */
async function defaultIndex(pip: readonly string[], run: RunTool, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const { stdout } = await run(pip[0]!, [...pip.slice(1), '--version']);
  const folder = / from (.+) \(python /.exec(stdout)?.[1];
  const program = 'from pip._internal.models.index import PyPI; print(PyPI.simple_url)';
  const withPip = folder ? { ...env, PYTHONPATH: dirname(folder) } : env;
  const answer = await run('python3', ['-c', program], withPip);
  return answer.code === 0 ? answer.stdout.trim() : undefined;
}

/**
 * Reads pip's settings: its environment variables, `pip config list`, its files when pip is not there, its default index.
 *
 * @throws SetupError when no index is known
 */
export async function readPipSettings(env: NodeJS.ProcessEnv, run: RunTool): Promise<PipSettings> {
  const settings = new Map<string, string>();
  for (const key of keys) take(settings, key, env[`PIP_${key.toUpperCase().replaceAll('-', '_')}`]);
  const pip = await findPip(run);
  if (pip) takeListed(settings, (await run(pip[0]!, [...pip.slice(1), 'config', 'list'])).stdout);
  else takeFiles(settings, env);
  if (pip && !settings.has('index-url')) take(settings, 'index-url', await defaultIndex(pip, run, env));
  const indexUrl = settings.get('index-url');
  if (!indexUrl)
    throw new SetupError(
      `no Python package index is known: ${pip ? 'pip names none' : 'there is no pip'}, and PIP_INDEX_URL is not set`,
      'install pip (python3-pip), or set PIP_INDEX_URL to the "simple" address of an index, and start again',
    );
  const words = (text: string | undefined) => (text ?? '').split(/\s+/).filter(Boolean);
  return {
    indexUrls: [indexUrl, ...words(settings.get('extra-index-url'))],
    cert: settings.get('cert'),
    proxy: settings.get('proxy'),
    trustedHosts: words(settings.get('trusted-host')),
  };
}
