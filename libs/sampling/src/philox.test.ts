import { expect, test } from 'vitest';

import { philox4x32 } from './philox.ts';

/** kat_vectors of Random123 1.14, "philox4x32 10". */
const ones = 0xffffffff;
test.each([
  { counter: [0, 0, 0, 0], key: [0, 0], want: [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8] },
  { counter: [ones, ones, ones, ones], key: [ones, ones], want: [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd] },
  {
    counter: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    key: [0xa4093822, 0x299f31d0],
    want: [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  },
] as const)('gives the known answer for counter $counter and key $key', ({ counter, key, want }) => {
  expect(philox4x32(counter, key)).toEqual(want);
});
