import { expect, test } from 'vitest';

import { UsageError } from '#lib/contracts';

import { sha, tinyIndex, tinyRecipe } from './control.fixture.ts';
import { withBudget } from './budget.ts';
import { resolveSpec } from './resolve-spec.ts';

const spec = (changes: Record<string, string>, recipe = tinyRecipe) =>
  resolveSpec({
    recipeName: 'tiny',
    recipe,
    changes,
    dataset: { name: 'pets', contentHash: sha('c'), index: tinyIndex() },
  }).spec;

test('images and minutes are the spec’s budget; epochs end a recipe’s own', () => {
  expect(spec({}).budget).toBeNull();
  expect(spec({ images: '90' })).toMatchObject({ budget: { images: 90 }, epochs: 3 });
  expect(spec({ minutes: '1.5' })).toMatchObject({ budget: { minutes: 1.5 }, epochs: 2 });
  const timed = { ...tinyRecipe, budget: { minutes: 5 } };
  expect(spec({}, timed).budget).toEqual({ minutes: 5 });
  expect(spec({ images: '90' }, timed).budget).toEqual({ images: 90 });
  expect(spec({ epochs: '4' }, timed)).toMatchObject({ budget: null, epochs: 4 });
});

test('other changes stay as they are', () => {
  expect(withBudget({ batch: '4' })).toEqual({ batch: '4' });
  expect(withBudget({ batch: '4', minutes: '2' })).toEqual({ batch: '4', budget: '{"minutes":2}' });
});

test.each<[Record<string, string>, string]>([
  [{ epochs: '1', images: '2' }, 'images'],
  [{ images: '1', minutes: '2' }, 'minutes'],
  [{ minutes: '2', budget: '{minutes: 3}' }, 'budget'],
  [{ minutes: 'soon' }, 'minutes'],
  [{ images: '0' }, 'images'],
])('refuses %j by the field %s, and says what to give', (changes, field) => {
  expect(() => withBudget(changes)).toThrow(
    expect.objectContaining({ name: UsageError.name, field, remedy: expect.any(String) as string }),
  );
});
