import { expect, test } from 'vitest';

import { removedText } from './remove-dataset.ts';

const removed = { dataset: 'pets', freedBytes: 5e6, keptBytes: 0, stopped: [], isSwept: true };

test('what is freed, what stays and why, and which runs stop are told', () => {
  expect(removedText(removed)).toBe('pets  removed: 5.0 MB of images are freed');
  expect(removedText({ ...removed, keptBytes: 2e6, stopped: ['one', 'two'] })).toBe(
    'pets  removed: 5.0 MB of images are freed; 2.0 MB stay, which other datasets hold as well\n  told to stop: one, two',
  );
  expect(removedText({ ...removed, isSwept: false })).toContain('when the ingests that are under way have ended');
});
