import { execFile } from 'node:child_process';
import { join } from 'node:path';

import { expect, test } from 'vitest';

/** The command line as a process of its own; port 9 is discard, where nobody answers. */
function unlabel(words: string[], more: NodeJS.ProcessEnv = {}): Promise<{ code: number; out: string; err: string }> {
  const env = { ...process.env, UNLABEL_CONTROL: 'http://127.0.0.1:9', ...more };
  return new Promise((resolve) => {
    execFile(process.execPath, [join(import.meta.dirname, 'main.ts'), ...words], { env }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    );
  });
}

test('--help lists the commands and ends with 0, so does --version', async () => {
  const { code, out } = await unlabel(['--help']);
  expect(code).toBe(0);
  for (const command of ['ingest', 'run', 'compare', 'demo']) expect(out).toContain(command);
  const version = await unlabel(['--version']);
  expect(version).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+/) });
});

test('a wrong use is exit code 2 of the process', async () => {
  const { code, err } = await unlabel(['rum']);
  expect(code).toBe(2);
  expect(err).toContain('Did you mean run?');
});

test('a control that does not answer is two lines and exit code 1; --debug adds the stack', async () => {
  const { code, out, err } = await unlabel(['runs']);
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(err).toBe(
    'unlabel: control at http://127.0.0.1:9 does not answer\n         start the stack with ./unlabel up, or check UNLABEL_CONTROL\n',
  );
  expect((await unlabel(['--debug', 'runs'])).err).toContain('caused by');
});

test('where no terminal is, nothing is coloured, unless FORCE_COLOR asks for it; NO_COLOR wins where both do not', async () => {
  // what a terminal would be sent
  const control = /[\x00-\x08\x0b-\x1f\x7f]/;
  for (const words of [['runs'], ['--help'], ['rum']]) {
    const { out, err } = await unlabel(words, { FORCE_COLOR: undefined });
    expect(out + err).not.toMatch(control);
  }
  expect((await unlabel(['runs'], { FORCE_COLOR: '1', NO_COLOR: undefined })).err).toContain('\x1b[31m');
  expect((await unlabel(['runs'], { FORCE_COLOR: undefined, NO_COLOR: '1' })).err).not.toMatch(control);
});

test('a reader that has read enough is no failure', async () => {
  const line = `'${process.execPath}' '${join(import.meta.dirname, 'main.ts')}' --help | head -n 1; echo "\${PIPESTATUS[0]}"`;
  const { out, err } = await new Promise<{ out: string; err: string }>((resolve) =>
    execFile('bash', ['-c', line], (_, stdout, stderr) => resolve({ out: stdout, err: stderr })),
  );
  expect(err).toBe('');
  expect(out.trimEnd().split('\n').at(-1)).toBe('0');
});

test('elements load in Node as it is: the library that writes reports needs no build', async () => {
  const program = `
    const { loadTsx } = await import('./apps/cli/src/load-tsx.ts');
    loadTsx();
    const { wilson } = await import('#lib/report');
    console.log(wilson(0.5, 100).low.toFixed(4));`;
  const root = join(import.meta.dirname, '../../..');
  const out = await new Promise<string>((resolve, reject) =>
    execFile(process.execPath, ['--input-type=module', '-e', program], { cwd: root }, (error, text) =>
      error ? reject(new Error(error.message)) : resolve(text),
    ),
  );
  expect(out).toBe('0.4038\n');
});
