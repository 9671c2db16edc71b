import { expect, test } from 'vitest';

import { hasBfloat16 } from './index.ts';

test.each([
  ['cpu', 'flags\t\t: fpu avx2 avx512f avx512_bf16 sha_ni\n', true],
  ['cpu', 'flags\t\t: fpu avx512f amx_bf16 amx_tile\n', true],
  ['cpu', 'flags\t\t: fpu avx2 avx512f avx512_vnni\n', false],
  ['gpu', '9.0\n', true],
  ['gpu', '8.6\n8.6\n', true],
  ['gpu', '7.5\n', false],
  ['gpu', undefined, false],
] as const)('a %s that says %j has bfloat16: %j', (device, text, has) => {
  expect(hasBfloat16(device, () => text)).toBe(has);
});
