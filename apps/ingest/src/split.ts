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
}

/**
 * Cuts listed images into train, tune and eval. Classes are the folders in order of their names; of each class `eval`
 * takes ⌊n · holdout⌋ by hash (or is `evalImages`), then `tune` takes its part of what is left.
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
  for (const group of byFolder(kept)) {
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
  return { classes, splits };
}

function chooseClasses(images: ListedImage[], options: IngestOptions): ClassName[] {
  const folders = [...new Set(images.flatMap(({ folder }) => folder ?? []))].sort();
  if (options.classes !== undefined && options.classes > folders.length)
    throw new UsageError(`classes=${options.classes}: the source has ${folders.length} classes`, {
      remedy: `ask for at most ${folders.length}`,
    });
  const chosen = folders.slice(0, options.classes);
  const labels = options.labels && new Map(Object.entries(options.labels));
  const unnamed = labels ? chosen.filter((folder) => !labels.has(folder)) : [];
  if (unnamed.length > 0)
    throw new UsageError(
      `Labels.json names no class for ${unnamed.slice(0, 5).join(', ')}${unnamed.length > 5 ? ` and ${unnamed.length - 5} more` : ''}`,
      {
        remedy: 'add the missing folders to Labels.json, or leave it out to use folder names',
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
      remedy: `its folders must be called as those of train: ${[...known].slice(0, 5).join(', ')} …`,
    });
  return kept;
}
