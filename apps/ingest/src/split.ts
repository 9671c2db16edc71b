import { type IngestOptions, type Split, UsageError } from '#lib/contracts';
import { fractionOf, holdout } from '#lib/sampling';

import type { ListedImage } from './sources/index.ts';

export interface ClassName {
  folder: string;
  name: string;
}

export interface SplitImages {
  classes: ClassName[];
  /** images of each split, in order of id */
  splits: Record<Split, ListedImage[]>;
  /** what a user may not expect */
  notes: string[];
}

/**
 * Cuts listed images into train, tune and eval. Classes are the folders in order of their names; of each class `eval`
 * takes ⌊n · holdout⌋ by hash (or is `evalImages`), then `tune` takes its part of what is left.
 * @throws UsageError for labels, classes or fractions that leave a class without a name, an image, or a place in both splits
 */
export function splitImages(
  images: ListedImage[],
  evalImages: ListedImage[] | null,
  options: IngestOptions,
): SplitImages {
  const classes = chooseClasses(images, options);
  const known = new Set(classes.map(({ folder }) => folder));
  const kept = classes.length === 0 ? images : images.filter(({ folder }) => folder !== null && known.has(folder));
  const splits: SplitImages['splits'] = { train: [], tune: [], eval: [] };
  const groups = byFolder(kept);
  if (classes.length > 0) checkClassSizes(groups, options, evalImages !== null);
  for (const group of groups) {
    const ids = group.map(({ id }) => id);
    const subset = options.fraction === undefined ? new Set(ids) : fractionOf(ids, options.fraction);
    const chosen = ids.filter((id) => subset.has(id));
    const held = evalImages ? new Set<string>() : holdout(chosen, options.holdout);
    const tune = holdout(
      chosen.filter((id) => !held.has(id)),
      options.tune,
    );
    for (const image of group)
      if (subset.has(image.id)) splits[held.has(image.id) ? 'eval' : tune.has(image.id) ? 'tune' : 'train'].push(image);
  }
  if (evalImages) splits.eval = evalOf(evalImages, known, classes.length > 0);
  if (splits.train.length === 0)
    throw new UsageError('no image is left for train', { remedy: 'hold out less, or keep more' });
  const asked = { tune: options.tune, eval: evalImages ? 0 : options.holdout };
  return { classes, splits, notes: [...emptySplits(splits, asked), ...lackingClasses(classes, splits)] };
}

const named = (names: string[]): string =>
  `${names.slice(0, 5).join(', ')}${names.length > 5 ? ` and ${names.length - 5} more` : ''}`;

/** Every class must keep an image of its own for train, and one for eval where that is held out. */
function checkClassSizes(groups: ListedImage[][], options: IngestOptions, hasEval: boolean): void {
  const { fraction, holdout: part } = options;
  const smallest = Math.min(...groups.map(({ length }) => length));
  if (fraction !== undefined) {
    const gone = groups.filter(
      (group) =>
        fractionOf(
          group.map(({ id }) => id),
          fraction,
        ).size === 0,
    );
    if (gone.length > 0)
      throw new UsageError(`fraction=${fraction} keeps no image of ${named(gone.map(folderOf))} (of ${smallest})`, {
        field: 'fraction',
        remedy: `keep at least ${Math.ceil(1000 / smallest) / 1000}, or leave the class out`,
      });
  }
  const kept = (group: ListedImage[]) =>
    fraction === undefined
      ? group.length
      : fractionOf(
          group.map(({ id }) => id),
          fraction,
        ).size;
  const single = hasEval || part === 0 ? [] : groups.filter((group) => kept(group) === 1);
  if (single.length > 0)
    throw new UsageError(
      `${named(single.map(folderOf))}: a class of one image can't be both trained on and held out (holdout=${part})`,
      {
        field: 'holdout',
        remedy: `add images, leave the class out, give --eval SOURCE, or --holdout 0 to hold out nothing`,
      },
    );
}

const folderOf = (group: ListedImage[]): string => group[0]?.folder ?? '';

/** Says that a split is empty although a part was asked for. */
function emptySplits(splits: SplitImages['splits'], asked: { tune: number; eval: number }): string[] {
  return (['tune', 'eval'] as const)
    .filter((split) => asked[split] > 0 && splits[split].length === 0)
    .map((split) => `${split} is empty: no class has images enough for a part of ${asked[split]}`);
}

/** Says which classes a split lacks, so that a figure of 0 for them is no surprise. */
function lackingClasses(classes: ClassName[], splits: SplitImages['splits']): string[] {
  return (['tune', 'eval'] as const).flatMap((split) => {
    if (splits[split].length === 0) return [];
    const there = new Set(splits[split].map(({ folder }) => folder));
    const lacking = classes.filter(({ folder }) => !there.has(folder)).map(({ folder }) => folder);
    return lacking.length === 0 ? [] : [`${split} has no image of ${named(lacking)}`];
  });
}

function chooseClasses(images: ListedImage[], options: IngestOptions): ClassName[] {
  const folders = [...new Set(images.flatMap(({ folder }) => folder ?? []))].sort();
  if (options.classes !== undefined && options.classes > folders.length)
    throw new UsageError(`classes=${options.classes}: the source has ${folders.length} classes`, {
      field: 'classes',
      remedy:
        folders.length === 0
          ? 'leave --classes out: one folder of images, or a flat one, has no classes'
          : `ask for at most ${folders.length}`,
    });
  if (options.classes === 1)
    throw new UsageError('classes=1: with one class there is nothing to tell apart', {
      field: 'classes',
      remedy: `ask for 2 to ${folders.length}, or give the folder of that class as the source`,
    });
  const chosen = folders.slice(0, options.classes);
  const labels = options.labels && new Map(Object.entries(options.labels));
  const unnamed = labels ? chosen.filter((folder) => !labels.has(folder)) : [];
  if (unnamed.length > 0)
    throw new UsageError(
      `Labels.json names no class for ${named(unnamed)}; it names ${labels?.size ?? 0}, the source has ${chosen.length}`,
      {
        field: 'labels',
        remedy: 'add the missing folders to it, or move it away to use the folder names',
      },
    );
  return chosen.map((folder) => ({ folder, name: labels?.get(folder) ?? folder }));
}

function byFolder(images: ListedImage[]): ListedImage[][] {
  const groups = new Map<string | null, ListedImage[]>();
  for (const image of images) {
    const group = groups.get(image.folder);
    if (group) group.push(image);
    else groups.set(image.folder, [image]);
  }
  return [...groups.values()];
}

function evalOf(images: ListedImage[], known: Set<string>, labelled: boolean): ListedImage[] {
  if (!labelled) return images;
  const kept = images.filter(({ folder }) => folder !== null && known.has(folder));
  if (kept.length === 0)
    throw new UsageError('the eval source has no class in common with train', {
      field: 'eval',
      remedy: `its folders must be called as those of train: ${[...known].slice(0, 5).join(', ')} …`,
    });
  const [only, ...others] = new Set(kept.map(({ folder }) => folder));
  if (only !== undefined && others.length === 0)
    throw new UsageError(`the eval source has images of one class only (${only}), train has ${known.size} classes`, {
      field: 'eval',
      remedy: `give one with at least two of train's classes: ${[...known].slice(0, 5).join(', ')} …`,
    });
  return kept;
}
