import { UsageError } from '#lib/contracts';

import { type RunTool, runTool } from '../../setup/run-tool.ts';
import type { PythonHere } from '../bench.ts';

/** Asks for the versions without importing the packages, which takes seconds. */
const script = `
import importlib.metadata as metadata, json, platform, sys
def version(name):
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
print(json.dumps({"Python": platform.python_version(), **{name: version(name) for name in sys.argv[1:]}}))
`;

/**
 * What a Python has of some packages.
 * @returns versions by name, `Python` among them; null for a package that it lacks
 * @throws UsageError for a command that is no Python
 */
export async function packageVersions(
  command: string,
  packages: readonly string[],
  run: RunTool = runTool,
): Promise<Record<string, string | null>> {
  const { code, stdout, stderr } = await run(command, ['-c', script, ...packages]);
  if (code !== 0)
    throw new UsageError(`${command} is no Python that runs: ${stderr.trim().split('\n').at(-1) || `code ${code}`}`, {
      remedy: 'let UNLABEL_PYTHON name a Python program, or unset it to have an environment made',
    });
  return JSON.parse(stdout) as Record<string, string | null>;
}

/**
 * The Python that `UNLABEL_PYTHON` names, checked for what is to be compared with.
 * @throws UsageError naming the packages that it lacks
 */
export async function namedPython(
  command: string,
  packages: readonly string[],
  run: RunTool = runTool,
): Promise<PythonHere> {
  const versions = await packageVersions(command, packages, run);
  const missing = packages.filter((name) => versions[name] === null || versions[name] === undefined);
  if (missing.length > 0)
    throw new UsageError(`UNLABEL_PYTHON is ${command}, which has no ${missing.join(' and no ')}`, {
      remedy: `${command} -m pip install ${missing.join(' ')}, or unset UNLABEL_PYTHON to have an environment made`,
    });
  return { command, versions: versions as Record<string, string> };
}
