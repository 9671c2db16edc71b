import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import type { ApiError } from '#lib/contracts';
import { temporaryFolder } from '#lib/testing';

import { makeProgram, runProgram } from './program.ts';

beforeEach(() => {
  vi.stubEnv('UNLABEL_CONTROL', 'http://127.0.0.1:9'); // discard, where nobody answers
  vi.stubEnv('FORCE_COLOR', undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

/** Runs a command in this process. */
async function unlabel(...words: string[]): Promise<{ code: number; out: string; err: string }> {
  const [out, err]: string[][] = [[], []];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => (out?.push(String(text)), true));
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => (err?.push(String(text)), true));
  const code = await runProgram(words);
  vi.restoreAllMocks();
  return { code, out: out?.join('') ?? '', err: err?.join('') ?? '' };
}

const commands = makeProgram().commands.map((command) => command.name());
const visible = commands.filter((name) => name !== 'complete');

test.each([
  [['up', '--now'], "unknown option '--now'"],
  [['down', 'everything'], 'too many arguments'],
  [['demo', '--data'], "option '--data <path>' argument missing"],
  [['doctor', '--nonsense'], "unknown option '--nonsense'"],
  [['dead-letters', 'erase'], 'use retry or drop'],
  [['dead-letters', 'retry'], 'use --all'],
  [['ingest', '--name', 'a'], "missing required argument 'source'"],
  [['ingest', 'cifar10'], '--name'],
  [['ingest', 'cifar10', '--name', 'No Name'], '--name No Name'],
  [['ingest', './nowhere', '--name', 'a'], 'no such file or folder'],
  [['ingest', 'cifar10', '--name', 'a', '--holdout', 'half'], '--holdout'],
  [['ingest', 'cifar10', '--name', 'a', '--fraction', '7'], '--fraction'],
  [['ingest', 'cifar10', '--name', 'a', '--labels', 'nowhere.json'], '--labels nowhere.json'],
  [['datasets', 'remove'], "missing required argument 'name'"],
  [['recipes', 'mae'], 'too many arguments'],
  [['methods', '--all'], "unknown option '--all'"],
  [['backbones', '--all'], "unknown option '--all'"],
  [['run'], "missing required argument 'recipe'"],
  [['run', 'mae'], 'give --dataset NAME'],
  [['run', 'mae', '--dataset', 'a', '--data', 'b'], 'give --dataset NAME'],
  [['run', 'mae', 'epochs', '--dataset', 'a'], 'key=value'],
  [['run', 'mae', '--data', 'b', '--check'], 'needs --dataset'],
  [['run', 'mae', '--dataset', 'a', '--weights', 'nowhere'], 'there is no file nowhere'],
  [['run', 'mae', '--dataset', 'a', '--tensorboard', 'logs'], 'add --follow'],
  [['experiment'], "missing required argument 'file'"],
  [['experiment', 'nowhere.yaml'], 'no such file'],
  [['experiment', 'recipes/mae.yaml'], 'does not say kind: experiment'],
  [['experiment', 'brief', '--dataset', 'a', '--data', 'b'], 'not both'],
  [['runs', '--nonsense'], "unknown option '--nonsense'"],
  [['experiments', 'a', 'b'], 'too many arguments'],
  [['show'], "missing required argument 'run'"],
  [['follow'], "missing required argument 'run'"],
  [['stop'], "missing required argument 'run'"],
  [['resume'], "missing required argument 'run'"],
  [['fork'], "missing required argument 'run'"],
  [['fork', 'a', 'epochs'], 'key=value'],
  [['fork', 'a', '--checkpoint', 'first'], 'expected last, best, or a step'],
  [['about'], "missing required argument 'run'"],
  [['remove'], "missing required argument 'run'"],
  [['probe'], "missing required argument 'run'"],
  [['probe', 'a', '--kind', 'kn'], 'knn'],
  [['probe', 'a', '--split', 'train'], 'eval or tune'],
  [['compare', '--csv', '--markdown'], 'give one of --markdown, --csv and --json'],
  [['report', 'a'], '--output <file>'],
  [['report', '-o', 'x.html'], 'name them, or give one of --dataset and --experiment'],
  [['report', 'a', '--dataset', 'b', '-o', 'x.html'], 'name them, or give one of'],
  [['metrics'], "missing required argument 'run'"],
  [['metrics', 'a', '--csv', '--json'], 'give one of --csv, --json and --tensorboard'],
  [['metrics', 'a', '-o', 'x.csv'], '-o needs --csv or --json'],
  [['completion'], "missing required argument 'shell'"],
  [['completion', 'fish'], 'bash'],
  [['rum'], 'Did you mean run?'],
])('%j is a wrong use: exit code 2, what is wrong, and no stack trace', async (words, hint) => {
  const { code, out, err } = await unlabel(...words);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toMatch(/^unlabel: /);
  expect(err).toContain(hint);
  expect(err).not.toMatch(/^\s+at /m);
  expect(err.trimEnd().split('\n').length).toBeLessThanOrEqual(2);
});

test('the wrong uses above are of every command', () => {
  // test.each has no list to ask: the table is the test's own source
  expect(visible.toSorted()).toEqual([
    'about',
    'backbones',
    'compare',
    'completion',
    'datasets',
    'dead-letters',
    'demo',
    'doctor',
    'down',
    'experiment',
    'experiments',
    'follow',
    'fork',
    'ingest',
    'methods',
    'metrics',
    'probe',
    'recipes',
    'remove',
    'report',
    'resume',
    'run',
    'runs',
    'show',
    'stop',
    'up',
  ]);
});

test.each([
  [['datasets']],
  [['recipes']],
  [['runs']],
  [['show', 'a']],
  [['stop', 'a']],
  [['resume', 'a']],
  [['remove', 'a']],
  [['about', 'a']],
  [['probe', 'a']],
  [['compare']],
  [['report', 'a', '-o', 'x.html']],
  [['metrics', 'a', '--csv']],
  [['experiments']],
  [['doctor']],
  [['dead-letters']],
  [['fork', 'a']],
  [['run', 'mae', '--dataset', 'a']],
  [['run', 'mae', '--dataset', 'a', '--check']],
  [['experiment', 'brief', '--dataset', 'a']],
  [['ingest', 'cifar10', '--name', 'a']],
])('%j where control does not answer ends with 1 and says what to do', async (words) => {
  const { code, out, err } = await unlabel(...words);
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(err).toContain('control at http://127.0.0.1:9 does not answer\n         start the stack with ./unlabel up');
});

describe('what control answers', () => {
  const answers = { 400: 2, 404: 1, 409: 1, 500: 1 } as const;
  test.each(Object.entries(answers))(
    'a refusal by %s ends with %i, with its remedy below',
    async (status, expected) => {
      const body: ApiError = {
        error: 'recipe mea is not known',
        remedy: 'did you mean mae?',
        field: 'recipe',
        nearest: 'mae',
      };
      const server = createServer((_, answer) => answer.writeHead(Number(status)).end(JSON.stringify(body)));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      vi.stubEnv('UNLABEL_CONTROL', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
      const { code, err } = await unlabel('run', 'mea', '--dataset', 'a');
      server.close();
      expect({ code, err }).toEqual({
        code: expected,
        err: 'unlabel: recipe mea is not known\n         did you mean mae?\n',
      });
    },
  );
});

test('down where no stack runs is no failure', async () => {
  await using folder = await temporaryFolder('down');
  vi.stubEnv('UNLABEL_HOME', folder.path);
  expect(await unlabel('down')).toMatchObject({ code: 0, out: 'no stack is running here\n' });
});

describe('help', () => {
  test('lists commands by group, and not the hidden one', async () => {
    const { code, out } = await unlabel('--help');
    expect(code).toBe(0);
    for (const heading of ['Local stack:', 'Data:', 'Training:', 'Results:', 'What there is:', 'Shell:'])
      expect(out).toContain(`\n${heading}\n`);
    for (const name of visible) expect(out).toMatch(new RegExp(`^  ${name}\\b`, 'm'));
    expect(out).not.toMatch(/^ {2}complete\b(?!ion)/m);
  });

  test.each(visible)('of %s has examples that begin as one would type them', async (name) => {
    const { code, out } = await unlabel(name, '--help');
    expect(code).toBe(0);
    const [, lines = ''] = out.split('\nExamples:\n');
    expect(lines.trim()).not.toBe('');
    for (const line of lines.trimEnd().split('\n'))
      expect(line).toMatch(/^ {2}(UNLABEL_HOME=\S+ )?(\.\/unlabel|npm start|eval "\$\(\.\/unlabel) ?.*# ./);
  });

  test.each(visible)('of %s: its examples name options that it has', async (name) => {
    const { out } = await unlabel(name, '--help');
    const [head = '', lines = ''] = out.split('\nExamples:\n');
    for (const [option] of lines.replaceAll(/#.*$/gm, '').matchAll(/(?<=\s)--[a-z-]+/g))
      expect(`${head} --json`).toContain(option);
  });
});
