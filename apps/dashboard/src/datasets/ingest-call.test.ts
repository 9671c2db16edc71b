import { expect, test } from 'vitest';

import { emptyFields, fieldOf, ingestCall } from './ingest-call.ts';

const filled = { ...emptyFields, name: ' photos ', sources: '/data/a\n\n /data/b \n' };

test('a name and sources are enough; parts are percentages, and the rest is what ingest takes by default', () => {
  expect(ingestCall(filled)).toEqual({
    ok: true,
    call: {
      dataset: 'photos',
      options: { sources: ['/data/a', '/data/b'], holdout: 0.1, tune: 0.05, fraction: 1, maxPixels: 50_000_000 },
    },
  });
});

test('what is filled in is asked for', () => {
  const parsed = ingestCall({ ...filled, evalSource: '/val', classes: '40', fraction: '12.5', size: '32' });
  expect(parsed).toMatchObject({ call: { options: { evalSource: '/val', classes: 40, fraction: 0.125, size: 32 } } });
});

test.each([
  [{ name: '' }, 'name'],
  [{ name: 'My Photos' }, 'name'],
  [{ sources: ' \n' }, 'sources'],
  [{ holdout: 'a tenth' }, 'holdout'],
  [{ tune: '100' }, 'tune'],
  [{ classes: '0' }, 'classes'],
  [{ fraction: '0' }, 'fraction'],
  [{ size: '1.5' }, 'size'],
])('%j is refused at its own field', (change, field) => {
  const parsed = ingestCall({ ...filled, ...change });
  expect(parsed).toMatchObject({ ok: false, field });
});

test('what control says of a field is shown at it', () => {
  expect(fieldOf(['options', 'evalSource'])).toBe('evalSource');
  expect(fieldOf(['dataset'])).toBe('name');
  expect(fieldOf(['SOURCE'])).toBe('sources');
});
