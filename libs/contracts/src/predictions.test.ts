import fc from 'fast-check';
import { expect, test } from 'vitest';

import { encodeSafetensors, FormatError, hostTensor } from './index.ts';
import { decodePredictions, encodePredictions } from './predictions.ts';

const rows = fc.array(fc.record({ sample: fc.nat(), truth: fc.nat(99), predicted: fc.nat(99) }), { minLength: 1 });

test('predictions are read as they were written, from equal bytes', () => {
  fc.assert(
    fc.property(rows, (all) => {
      const predictions = {
        samples: Uint32Array.from(all, ({ sample }) => sample),
        truth: Int32Array.from(all, ({ truth }) => truth),
        predicted: Int32Array.from(all, ({ predicted }) => predicted),
      };
      const bytes = encodePredictions(predictions);
      expect(decodePredictions(bytes, 'k')).toEqual(predictions);
      expect(encodePredictions(predictions)).toEqual(bytes);
    }),
  );
});

test('another format, and lists of unequal length, are refused by name', () => {
  const other = encodeSafetensors({}, { format: 'unlabel.else', version: '1' });
  expect(() => decodePredictions(other, 'key')).toThrow(FormatError);
  expect(() => decodePredictions(other, 'key')).toThrow('key: is unlabel.else');
  const uneven = encodeSafetensors(
    {
      samples: hostTensor(Uint32Array.of(1), [1]),
      truth: hostTensor(Int32Array.of(1, 2), [2]),
      predicted: hostTensor(Int32Array.of(1), [1]),
    },
    { format: 'unlabel.predictions', version: '1' },
  );
  expect(() => decodePredictions(uneven, 'key')).toThrow(/of one length/);
});
