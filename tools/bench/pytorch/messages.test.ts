import { expect, test } from 'vitest';

import { torchVariants, variantInWords } from './messages.ts';

const words = (...args: Parameters<typeof torchVariants>) => torchVariants(...args).map(variantInWords);

test('PyTorch runs eager and compiled, in each precision that is asked for', () => {
  expect(words(['float32'], false)).toEqual(['float32, eager', 'float32, torch.compile']);
  expect(words(['float32', 'bfloat16'], false)).toHaveLength(4);
});

test('a model with attention has its turns with both ways to compute it', () => {
  expect(words(['bfloat16'], true)).toEqual([
    'bfloat16, eager, fused attention',
    'bfloat16, eager, written attention',
    'bfloat16, torch.compile, fused attention',
    'bfloat16, torch.compile, written attention',
  ]);
});
