import { type DatasetIndex, type ProbeJob, type ProbeOptions, type Split, UsageError } from '#lib/contracts';

interface Task {
  dataset: string;
  index: DatasetIndex;
  job: Pick<ProbeJob, 'kind' | 'split'>;
  options: ProbeOptions;
}

/**
 * Refuses, before anything is computed, what can't be measured: images without classes, an empty split, a split with one class, a class
 * that can't be both learnt and measured, more neighbours than images.
 * @throws UsageError
 */
export function checkTask(task: Task): void {
  const { dataset, index, job } = task;
  if (index.classes.length === 0)
    throw new UsageError(`dataset ${dataset} has no labels: its images are in no class folders`, {
      remedy: 'ingest them in folders named after their classes; pretraining needs none, probing does',
    });
  for (const split of ['train', job.split] as const) {
    checkSplit(task, split);
    checkClasses(task, split);
  }
  checkEachClass(task);
  checkNeighbours(task);
}

function checkSplit({ dataset, index }: Task, split: Split): void {
  const count = index.splits[split];
  if (count === 0)
    throw new UsageError(`dataset ${dataset} has no images in ${split}`, {
      field: 'split',
      remedy: split === 'tune' ? 'ingest with --tune 0.05' : 'ingest with --holdout 0.1, or give --eval a source',
    });
  const labelled = index.classCounts[split].reduce((sum, images) => sum + images, 0);
  if (labelled < count)
    throw new UsageError(`dataset ${dataset}: ${count - labelled} of ${count} images of ${split} have no class`, {
      remedy: 'move them into folders named after their classes, or out of the source, and ingest again',
    });
}

function checkClasses({ dataset, index }: Task, split: Split): void {
  const present = index.classes.filter((_, label) => (index.classCounts[split][label] ?? 0) > 0);
  if (present.length < 2)
    throw new UsageError(
      `dataset ${dataset}: all images of ${split} are of class ${present[0]?.name}, a probe needs two classes or more`,
      { field: 'split', remedy: 'use a source with two class folders or more' },
    );
}

function checkEachClass({ dataset, index, job }: Task): void {
  const { train, tune, eval: evaluation } = index.classCounts;
  for (const [label, { name }] of index.classes.entries()) {
    const [learnt, measured] = [train[label] ?? 0, index.classCounts[job.split][label] ?? 0];
    const total = learnt + (tune[label] ?? 0) + (evaluation[label] ?? 0);
    if (total === 1)
      throw new UsageError(
        `dataset ${dataset}: class ${name} has one image: too few to hold one out, so it can't be both learnt and measured`,
        { remedy: `give ${name} two images or more, or move its folder out of the source, and ingest again` },
      );
    if (learnt === 0 && measured > 0)
      throw new UsageError(
        `dataset ${dataset}: class ${name} has ${measured} images in ${job.split} and none in train`,
        {
          remedy: `give ${name} images in train, or move its folder out of the source of ${job.split}`,
        },
      );
  }
}

function checkNeighbours({ index, job, options: { k, trainSamples } }: Task): void {
  const bank = Math.min(index.splits.train, trainSamples ?? Infinity);
  if (job.kind === 'knn' && k > bank)
    throw new UsageError(`probe.k: ${k} neighbours, but the probe has ${bank} images of train`, {
      field: 'probe.k',
      remedy: `use at most ${bank}`,
    });
}
