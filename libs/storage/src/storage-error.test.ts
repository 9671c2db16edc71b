import { expect, test } from 'vitest';

import { errorCode, isTransientCode, remedyFor } from './storage-error.ts';

test.each([
  ['ENOSPC', true, /make room/],
  ['ECONNREFUSED', true, /start the server/],
  ['EMFILE', true, /ulimit/],
  ['EACCES', false, /let this user write/],
  ['EROFS', false, /let this user write/],
])('%s is waited for: %s, with a remedy', (code, transient, remedy) => {
  expect(isTransientCode(code)).toBe(transient);
  expect(remedyFor(code)).toMatchObject({ remedy: expect.stringMatching(remedy) as string });
});

test('finds the code of what caused an error, and none where there is none', () => {
  const cause = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
  expect(errorCode(new Error('fetch failed', { cause }))).toBe('ECONNREFUSED');
  expect(errorCode(new Error('other'))).toBeUndefined();
  expect(isTransientCode(undefined)).toBe(false);
});
