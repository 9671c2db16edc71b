import { describe, expect, test } from 'vitest';

import { ingestOptionsSchema, type Split } from '#lib/contracts';
import { holdout } from '#lib/sampling';

import type { ListedImage } from './sources/index.ts';
import { splitImages } from './split.ts';

const image = (id: string): ListedImage => ({
  id,
  file: `/source/${id}`,
  sizeBytes: 1,
  modifiedMs: 0,
  folder: id.includes('/') ? (id.split('/')[0] as string) : null,
});
const images = (counts: Record<string, number>) =>
  Object.entries(counts).flatMap(([name, count]) => Array.from({ length: count }, (_, n) => image(`${name}/${n}.png`)));
const options = (given: object) => ingestOptionsSchema.parse({ sources: ['/source'], holdout: 0, tune: 0, ...given });
const cut = (listed: ListedImage[], given: object, evalListed: ListedImage[] | null = null) =>
  splitImages(listed, evalListed, options(given));
const counts = (splits: Record<Split, ListedImage[]>, name: string) =>
  (['train', 'tune', 'eval'] as const).map((split) => splits[split].filter(({ folder }) => folder === name).length);

describe('holding out', () => {
  test('takes ⌊n · holdout⌋ of each class for eval, then ⌊n · tune⌋ of what is left', () => {
    const { splits } = cut(images({ cat: 25, dog: 19, owl: 9 }), { holdout: 0.1, tune: 0.2 });
    expect(counts(splits, 'cat')).toEqual([19, 4, 2]);
    expect(counts(splits, 'dog')).toEqual([15, 3, 1]);
    expect(counts(splits, 'owl')).toEqual([8, 1, 0]);
  });

  test('chooses by hash: an image stays where it was when others join', () => {
    const before = cut(images({ cat: 40 }), { holdout: 0.25 }).splits.eval.map(({ id }) => id);
    expect(new Set(before)).toEqual(
      holdout(
        images({ cat: 40 }).map(({ id }) => id),
        0.25,
      ),
    );
    const after = new Set(cut(images({ cat: 44 }), { holdout: 0.25 }).splits.eval.map(({ id }) => id));
    expect(before.filter((id) => after.has(id)).length).toBeGreaterThanOrEqual(7);
  });

  test('every image is in one split', () => {
    const all = images({ cat: 31, dog: 17 });
    const { splits } = cut(all, { holdout: 0.3, tune: 0.3 });
    const ids = Object.values(splits).flatMap((split) => split.map(({ id }) => id));
    expect(ids.toSorted()).toEqual(all.map(({ id }) => id).toSorted());
  });

  test('a source without classes is one group', () => {
    const { classes, splits } = cut(
      Array.from({ length: 20 }, (_, n) => image(`${n}.png`)),
      { holdout: 0.1, tune: 0.5 },
    );
    expect(classes).toEqual([]);
    expect([splits.train.length, splits.tune.length, splits.eval.length]).toEqual([9, 9, 2]);
  });
});

describe('choosing', () => {
  test('classes keeps the first so many by name', () => {
    const { classes, splits } = cut(images({ owl: 2, cat: 3, dog: 4 }), { classes: 2 });
    expect(classes.map(({ folder }) => folder)).toEqual(['cat', 'dog']);
    expect(splits.train).toHaveLength(7);
  });

  test('refuses more classes than there are', () => {
    expect(() => cut(images({ cat: 3, dog: 4 }), { classes: 3 })).toThrow('classes=3: the source has 2 classes');
  });

  test('fraction keeps ⌊n · fraction⌋ of each class; a smaller one is part of a larger one', () => {
    const all = images({ cat: 25, dog: 10 });
    const half = cut(all, { fraction: 0.5 }).splits;
    expect(counts(half, 'cat')).toEqual([12, 0, 0]);
    expect(counts(half, 'dog')).toEqual([5, 0, 0]);
    const more = new Set(cut(all, { fraction: 0.8 }).splits.train.map(({ id }) => id));
    expect(half.train.every(({ id }) => more.has(id))).toBe(true);
  });

  test('refuses a fraction that keeps no image of a class, with one that keeps some', () => {
    const refused = () => cut(images({ cat: 30, dog: 3 }), { fraction: 0.1 });
    expect(refused).toThrow('fraction=0.1 keeps no image of dog (of 3)');
    expect(refused).toThrow(expect.objectContaining({ remedy: expect.stringContaining('at least 0.334') }));
    expect(counts(cut(images({ cat: 30, dog: 3 }), { fraction: 0.334 }).splits, 'dog')).toEqual([1, 0, 0]);
  });

  test('refuses to leave nothing for train', () => {
    expect(() => cut([image('a.png')], { fraction: 0.1 })).toThrow('no image is left for train');
  });

  test('refuses one class, which has nothing to be told apart from', () => {
    expect(() => cut(images({ cat: 3, dog: 3 }), { classes: 1 })).toThrow('classes=1: with one class');
    expect(() => cut([image('a.png')], { classes: 2 })).toThrow('the source has 0 classes');
  });
});

describe('classes with few images', () => {
  const few = images({ cat: 20, dog: 1, owl: 5 });

  test('refuses to hold out of a class with one image, and says what would work', () => {
    const refused = () => cut(few, { holdout: 0.1 });
    expect(refused).toThrow("dog: a class of one image can't be both trained on and held out (holdout=0.1)");
    expect(refused).toThrow(expect.objectContaining({ remedy: expect.stringContaining('--holdout 0') }));
    expect(counts(cut(few, { holdout: 0 }).splits, 'dog')).toEqual([1, 0, 0]);
    expect(counts(cut(few, { holdout: 0.1 }, images({ cat: 1, dog: 1 })).splits, 'dog')).toEqual([1, 0, 1]);
  });

  test('says which classes a split lacks', () => {
    expect(cut(images({ cat: 20, owl: 5 }), { holdout: 0.1, tune: 0.3 }).notes).toEqual(['eval has no image of owl']);
    expect(cut(images({ cat: 20, owl: 15 }), { holdout: 0.1, tune: 0.1 }).notes).toEqual([]);
  });

  test('says that a split is empty which was asked for', () => {
    expect(cut(images({ cat: 9, owl: 5 }), { holdout: 0.1, tune: 0.2 }).notes).toEqual([
      'eval is empty: no class has images enough for a part of 0.1',
    ]);
  });
});

describe('labels', () => {
  test('name the classes of folders, whatever the folder is called', () => {
    const { classes } = cut(images({ n02: 1, constructor: 1 }), { labels: { n02: 'tench', constructor: 'builder' } });
    expect(classes).toEqual([
      { folder: 'constructor', name: 'builder' },
      { folder: 'n02', name: 'tench' },
    ]);
  });

  test('refuses labels that leave a kept class without a name', () => {
    const listed = images({ constructor: 1, n02: 1, n03: 1 });
    const labels = { n02: 'tench', n03: 'goldfish' };
    expect(() => cut(listed, { labels })).toThrow('Labels.json names no class for constructor');
    expect(cut(listed, { classes: 2, labels: { constructor: 'builder', n02: 'tench' } }).classes).toHaveLength(2);
  });
});

describe('an eval source', () => {
  test('is the eval split; nothing is held out of train, classes that train lacks are left out', () => {
    const evalListed = [...images({ cat: 2, dog: 1, fox: 5 })].map((entry) => ({ ...entry, id: `val/${entry.id}` }));
    const { splits, classes } = cut(images({ cat: 10, dog: 10 }), { holdout: 0.5 }, evalListed);
    expect(classes.map(({ folder }) => folder)).toEqual(['cat', 'dog']);
    expect(splits.train).toHaveLength(20);
    expect(splits.eval.map(({ id }) => id)).toEqual(['val/cat/0.png', 'val/cat/1.png', 'val/dog/0.png']);
  });

  test('refuses one with other classes', () => {
    expect(() => cut(images({ cat: 2, dog: 2 }), {}, images({ fox: 1, owl: 1 }))).toThrow('no class in common');
  });

  test('refuses one with a single class, where train has several', () => {
    expect(() => cut(images({ cat: 2, dog: 2 }), {}, images({ dog: 4, fox: 2 }))).toThrow(
      'the eval source has images of one class only (dog), train has 2 classes',
    );
  });
});
