import { join } from 'node:path';

import { type DatasetIndex, type RunSpec, unknownName } from '#lib/contracts';

import { findRecipe, loadRecipes } from '../../../apps/control/src/recipes.ts';
import { resolveSpec } from '../../../apps/control/src/resolve-spec.ts';
import { root } from '../../../apps/cli/src/stack/paths.ts';

/** A training step that is timed: a recipe, changed. */
export interface Work {
  name: string;
  title: string;
  recipe: string;
  changes: Record<string, string>;
  /** how many times as fast as PyTorch it has to be, and is meant to be */
  goal?: { must: number; aim: number };
}

/** On images of 32 px. */
export const works: readonly Work[] = [
  {
    name: 'brief-simsiam',
    title: 'SimSiam, ResNet-20 v2, batch 256',
    recipe: 'brief-simsiam',
    changes: { batch: '256' },
    goal: { must: 1.2, aim: 1.5 },
  },
  {
    name: 'simsiam',
    title: 'SimSiam, ResNet-18 with the CIFAR stem, batch 64',
    recipe: 'simsiam',
    changes: { batch: '64' },
    goal: { must: 1.1, aim: 1.3 },
  },
  {
    name: 'mae-192',
    title: 'MAE, width 192 × 6 blocks, 64 patches, batch 256',
    recipe: 'mae',
    changes: {
      batch: '256',
      'backbone.name': 'vit-tiny',
      patchSize: '4',
      depth: '6',
      mlpRatio: '4',
      classToken: 'false',
      pool: 'norm-avg',
      positions: 'sincos',
      init: 'xavier',
      decoderWidth: '96',
      decoderDepth: '2',
      decoderHeads: '4',
      decoderMlpRatio: '4',
    },
    goal: { must: 1.05, aim: 1.2 },
  },
  { name: 'brief-mae', title: 'MAE of the report, 48 px, batch 256', recipe: 'brief-mae', changes: { batch: '256' } },
];

/** @throws UsageError with the nearest match for a name that is none */
export function findWork(name: string): Work {
  const work = works.find((known) => known.name === name);
  if (!work)
    throw unknownName(
      'work',
      name,
      works.map((known) => known.name),
    );
  return work;
}

const hash = '0'.repeat(64);

/** A dataset that nothing is read of: the spec takes its sizes from it. */
const index: DatasetIndex = {
  format: 'unlabel.dataset-index',
  version: 1,
  images: { kind: 'small', width: 32, height: 32 },
  classes: ['one', 'other'].map((name) => ({ folder: name, name })),
  splits: { train: 50_000, tune: 2_000, eval: 5_000 },
  classCounts: { train: [25_000, 25_000], tune: [1_000, 1_000], eval: [2_500, 2_500] },
  shards: [],
  setAside: { count: 0, first: [] },
};

/** The spec of a work, as control would make it of the recipe. @param engine what runs the step; default: the recipe's */
export async function specOfWork({ recipe: recipeName, changes }: Work, engine?: RunSpec['engine']): Promise<RunSpec> {
  const recipe = findRecipe(await loadRecipes(join(root, 'recipes')), recipeName);
  const { spec } = resolveSpec({
    recipeName,
    recipe,
    changes: { ...changes, ...(engine && { engine }) },
    dataset: { name: 'bench', contentHash: hash, index },
  });
  return spec;
}

/** The learning rate that the schedule of a spec rises to. */
export const peakLearningRate = ({ learningRate: { base, scaleByBatch }, batch }: RunSpec): number =>
  scaleByBatch ? (base * batch) / 256 : base;
