import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { makeProgram } from '../program.ts';
import { root } from '../stack/paths.ts';
import { candidates, type Names } from './candidates.ts';
import { completionScripts } from './scripts.ts';

const names: Names = {
  recipes: async () => ['mae', 'simsiam'],
  experimentFiles: async () => ['recipes/brief.yaml'],
  runs: async () => ['mae-1', 'mae-2', 'nnclr-1'],
  datasets: async () => ['pets', 'photos'],
  experiments: async () => ['brief-1'],
};
const of = async (...words: string[]) => (await candidates(makeProgram(), words, names)).map(({ value }) => value);

test('the first word is a command, and hidden ones are not offered', async () => {
  expect(await of('re')).toEqual(['recipes', 'resume', 'remove', 'report']);
  expect(await of('')).not.toContain('complete');
  expect((await candidates(makeProgram(), ['doct'], names))[0]).toEqual({
    value: 'doctor',
    text: 'check servers, storage and settings',
  });
});

test.each([
  [
    ['run', ''],
    ['mae', 'simsiam'],
  ],
  [['run', 'sim'], ['simsiam']],
  [
    ['--json', 'follow', 'mae'],
    ['mae-1', 'mae-2'],
  ],
  [['compare', 'mae-1', 'nn'], ['nnclr-1']],
  [
    ['run', 'mae', '--dataset', 'p'],
    ['pets', 'photos'],
  ],
  [['run', 'mae', '--dataset=ph'], ['--dataset=photos']],
  [['run', 'mae', '--dataset', '=', 'ph'], ['photos']],
  [
    ['run', 'mae', '--dataset', '='],
    ['pets', 'photos'],
  ],
  [
    ['run', '--dataset', 'pets', ''],
    ['mae', 'simsiam'],
  ],
  [['datasets', 'pe'], ['pets']],
  [
    ['datasets', ''],
    ['remove', 'pets', 'photos'],
  ],
  [['datasets', 'remove', 'ph'], ['photos']],
  [['datasets', 'remove', '--f'], ['--force']],
  [['experiments', ''], ['brief-1']],
  [['experiment', 'rec'], ['recipes/brief.yaml']],
  [
    ['probe', 'mae-1', '--kind', 'few'],
    ['few-labels-1', 'few-labels-10'],
  ],
  [
    ['probe', 'mae-1', '--split', ''],
    ['eval', 'tune'],
  ],
  [
    ['dead-letters', ''],
    ['retry', 'drop'],
  ],
  [['completion', 'b'], ['bash']],
  [['report', '--da'], ['--dataset']],
  [['run', 'mae', '--data', ''], []], // files, which the shell knows
  [['run', 'mae', 'epochs', '=', '1'], []],
  [['stop', 'mae-1', ''], []],
  [['nonsense', ''], expect.arrayContaining(['up'])],
])('%j may go on with %j', async (words, expected) => {
  expect(await of(...words)).toEqual(expected);
});

test('options are those of the command and those of all', async () => {
  expect(await of('stop', '-')).toEqual(['--version', '--json', '--debug']);
  expect(await of('fork', '--')).toEqual(
    expect.arrayContaining(['--checkpoint', '--id', '--follow', '--json', '--debug']),
  );
});

/** The launcher of a test would look for what is not set up; the program behind it is the same. */
const scriptOf = (shell: 'bash' | 'zsh') =>
  completionScripts[shell].replace(
    `'${join(root, 'unlabel')}'`,
    `'${process.execPath}' '${join(root, 'apps/cli/src/main.ts')}'`,
  );

/** What a shell prints that runs a script with a line as its argument. */
const inShell = (command: string, args: string[], script: string, line: string): Promise<string[]> =>
  new Promise((resolve, reject) => {
    const { PATH, HOME } = process.env;
    const env = { PATH, HOME, UNLABEL_CONTROL: 'http://127.0.0.1:9', UNLABEL_SCRIPT: script };
    execFile(command, [...args, command, line], { env }, (error, out, err) =>
      error || err !== ''
        ? reject(new Error(err || error?.message))
        : resolve(out.split('\n').filter((text) => text !== '')),
    );
  });

describe('in a real bash', () => {
  /** What bash would offer for a line whose cursor is at its end. */
  const offered = (line: string) =>
    inShell(
      'bash',
      [
        '--norc',
        '--noprofile',
        '-c',
        `eval "$UNLABEL_SCRIPT"
        complete -p ./unlabel >/dev/null || exit 3
        read -ra COMP_WORDS <<< "\${1//=/ = }"
        [[ $1 == *' ' ]] && COMP_WORDS+=('')
        COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
        _unlabel
        printf '%s\\n' "\${COMPREPLY[@]}"`,
      ],
      scriptOf('bash'),
      line,
    );

  test('commands, recipes and options are offered, and nothing else is said', async () => {
    expect(await offered('./unlabel doc')).toEqual(['doctor']);
    expect(await offered('./unlabel run demo-')).toEqual(['demo-mae', 'demo-simsiam']);
    expect(await offered('./unlabel run mae epochs=1 --da')).toEqual(['--dataset', '--data']);
    expect(await offered('./unlabel probe a --split=e')).toEqual(['eval']);
  });

  test('a control that does not answer leaves names out, silently and soon', async () => {
    const startedAt = performance.now();
    expect(await offered('./unlabel follow ')).toEqual([]);
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });
});

const hasZsh = spawnSync('zsh', ['--version']).status === 0;
describe.skipIf(!hasZsh)('in a real zsh', () => {
  /** What zsh would be given for a line: the words, then as they are shown; or that files are offered. */
  const offered = (line: string) =>
    inShell(
      'zsh',
      [
        '-f',
        '-c',
        `compdef() { : }
        compadd() { print -rl -- "\${values[@]}" "\${texts[@]}" }
        _files() { print files }
        eval "$UNLABEL_SCRIPT"
        words=(\${(z)1}); [[ $1 == *' ' ]] && words+=('')
        CURRENT=\${#words}
        _unlabel`,
      ],
      scriptOf('zsh'),
      line,
    );

  test('commands with what they do, names, and files where nothing is known', async () => {
    expect(await offered('./unlabel doc')).toEqual(['doctor', 'doctor  -- check servers, storage and settings']);
    expect(await offered('./unlabel run demo-')).toEqual(['demo-mae', 'demo-simsiam', 'demo-mae', 'demo-simsiam']);
    expect(await offered('./unlabel run mae --data ')).toEqual(['files']);
    expect(await offered('./unlabel probe a --split=e')).toEqual(['--split=eval', '--split=eval']);
  });
});

test('the scripts are those of their shells and name the program by its full path', () => {
  for (const [shell, script] of Object.entries(completionScripts)) {
    expect(script).toContain(`completion for ${shell}`);
    expect(script).toContain(join(root, 'unlabel'));
  }
});
