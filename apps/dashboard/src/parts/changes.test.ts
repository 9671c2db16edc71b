import { expect, test } from 'vitest';

import { parseChanges } from './changes.ts';

test('changes are lines of key=value, values may hold more of =', () => {
  expect(parseChanges('epochs=20\n\n# a note\n optimiser = {name: sgd}\na.b=c=d')).toEqual({
    ok: true,
    changes: { epochs: '20', optimiser: '{name: sgd}', 'a.b': 'c=d' },
  });
});

test.each(['epochs', '=20', 'epochs 20'])('%j is named with its line', (text) => {
  expect(parseChanges(`batch=8\n${text}`)).toEqual({ ok: false, line: 2, text });
});
