import { execFile } from 'node:child_process';
import { join } from 'node:path';

import { expect, test } from 'vitest';

/** The command line as a process of its own; port 9 is discard, where nobody answers. */
function unlabel(...words: string[]): Promise<{ code: number; out: string; err: string }> {
  const env = { ...process.env, UNLABEL_CONTROL: 'http://127.0.0.1:9' };
  return new Promise((resolve) => {
    execFile(process.execPath, [join(import.meta.dirname, 'main.ts'), ...words], { env }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    );
  });
}

test('--help lists the commands and ends with 0, so does --version', async () => {
  const { code, out } = await unlabel('--help');
  expect(code).toBe(0);
  for (const command of ['ingest', 'run', 'compare', 'demo']) expect(out).toContain(command);
  expect(await unlabel('--version')).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+/) as string });
});

test.each([
  [['rum'], 'Did you mean run?'],
  [['run', 'mae'], 'give --dataset NAME'],
  [['run', 'mae', 'epochs', '--dataset', 'a'], 'key=value'],
  [['run'], "missing required argument 'recipe'"],
  [['runs', '--nonsense'], "unknown option '--nonsense'"],
  [['ingest', 'cifar10'], '--name'],
  [['ingest', 'cifar10', '--name', 'No Name'], '--name No Name'],
])('%j is a wrong use: exit code 2 and no stack trace', async (words, hint) => {
  const { code, err } = await unlabel(...words);
  expect(code).toBe(2);
  expect(err).toMatch(/^unlabel: /);
  expect(err).toContain(hint);
  expect(err).not.toMatch(/^\s+at /m);
});

test('a control that does not answer is two lines and exit code 1; --debug adds the stack', async () => {
  const { code, out, err } = await unlabel('runs');
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(err).toBe(
    'unlabel: control at http://127.0.0.1:9 does not answer\n         start the stack with ./unlabel up, or check UNLABEL_CONTROL\n',
  );
  expect((await unlabel('--debug', 'runs')).err).toContain('caused by');
});
