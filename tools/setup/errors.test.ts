import { expect, test } from 'vitest';

import { explain, report, SetupError } from './errors.mjs';

const systemError = (code: string, more: object = {}) =>
  Object.assign(new Error(`${code}: words of the system`), { code, ...more });
const shown = (error: unknown, env: NodeJS.ProcessEnv = {}): string => {
  let text = '';
  report(error, env, (part) => (text += part));
  return text;
};

test.each([
  ['ENOSPC', { path: '/cache/x' }, 'the disk is full (ENOSPC) at /cache/x'],
  ['EDQUOT', {}, 'the disk is full (EDQUOT)'],
  ['EACCES', { path: '/cache' }, 'no permission to write (EACCES) at /cache'],
  ['EROFS', { path: '/cache' }, 'no permission to write (EROFS) at /cache'],
  ['ENOTFOUND', { hostname: 'index.test' }, "index.test can't be reached (ENOTFOUND)"],
  ['ECONNREFUSED', { host: '127.0.0.1:9' }, "127.0.0.1:9 can't be reached (ECONNREFUSED)"],
  [
    'SELF_SIGNED_CERT_IN_CHAIN',
    { host: 'index.test' },
    'the certificate of index.test is not trusted (SELF_SIGNED_CERT_IN_CHAIN)',
  ],
])('%s becomes one line and a remedy, without a stack', (code, more, message) => {
  const error = systemError(code, more);
  expect(explain(error)).toMatchObject({ name: 'SetupError', message, cause: error });
  const lines = shown(error).trimEnd().split('\n');
  expect(lines).toHaveLength(2);
  expect(lines[0]).toBe(`unlabel: ${message}`);
  expect(lines[1]).toMatch(/^ {2}what to do: \S/);
});

test('UNLABEL_DEBUG=1 adds the stack and the cause', () => {
  const text = shown(systemError('ENOSPC'), { UNLABEL_DEBUG: '1' });
  expect(text).toContain('errors.test.ts');
  expect(text).toContain('caused by Error: ENOSPC: words of the system');
});

test('an unknown error is told by its message and how to see more', () => {
  expect(shown(new TypeError('x is not a function'))).toBe(
    'unlabel: the set-up failed: x is not a function\n  what to do: start again; UNLABEL_DEBUG=1 shows where it failed\n',
  );
});

test('the exit code is 1, and 2 for a wrong command', () => {
  expect(report(new SetupError('a', 'b'), {}, () => {})).toBe(1);
  expect(report(Object.assign(new SetupError('a', 'b'), { exitCode: 2 }), {}, () => {})).toBe(2);
});
