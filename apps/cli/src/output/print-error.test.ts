import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { ConflictError, UnlabelError, UsageError } from '#lib/contracts';

import { printError } from './print-error.ts';

beforeEach(() => void vi.stubEnv('FORCE_COLOR', undefined));
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

function printed(error: unknown, debug = false): { code: number; lines: string[] } {
  let text = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((part) => ((text += String(part)), true));
  const code = printError(error, debug);
  vi.restoreAllMocks();
  return { code, lines: text.trimEnd().split('\n') };
}

test('what is wrong, then what to do; usage errors end with 2, others with 1', () => {
  expect(printed(new UsageError('bad value', { remedy: 'use 3' }))).toEqual({
    code: 2,
    lines: ['unlabel: bad value', '         use 3'],
  });
  expect(printed(new ConflictError('run is over', { remedy: 'start another' })).code).toBe(1);
  expect(printed(new UnlabelError('no remedy')).lines).toEqual(['unlabel: no remedy']);
});

test('an error of another kind says how to see where it happened, and --debug shows it with its cause', () => {
  const error = new TypeError('surprise', { cause: new Error('deeper') });
  expect(printed(error)).toEqual({
    code: 1,
    lines: ['unlabel: surprise', '         add --debug to see where it happened'],
  });
  const { lines } = printed(error, true);
  expect(lines.join('\n')).toContain('print-error.test.ts');
  expect(lines.join('\n')).toContain('caused by Error: deeper');
  expect(printed('just text').lines[0]).toBe('unlabel: just text');
});
