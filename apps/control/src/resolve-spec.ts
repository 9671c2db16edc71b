import {
  type DatasetIndex,
  nearestName,
  type Recipe,
  recipeSchema,
  type RunSpec,
  runSpecSchema,
  unknownName,
  UsageError,
  viewRecipeSchema,
  viewSizes,
} from '#lib/contracts';
import { type Method, findMethod } from '#lib/methods';
import { backbones } from '#lib/nn';
import { checkWarmup } from '#lib/optim';
import { plannedSteps, stepsPerEpoch } from '#lib/sampling';
import { instanceOfSpec } from '#lib/training';

import { epochsOf, withBudget } from './budget.ts';
import { applyChanges } from './changes.ts';
import { withChoices } from './choices.ts';
import { fitMonitors } from './resolve-monitors.ts';

/** Side of a view of large images where the recipe leaves it to the dataset. */
const largeImageSize = 224;
const blockBytes = 4 * 1024 * 1024;
const blockSamplesRange = [16, 4096] as const;

export interface SpecRequest {
  recipeName: string;
  recipe: Recipe;
  changes: Record<string, string>;
  dataset: { name: string; contentHash: string; index: DatasetIndex };
}

/**
 * Makes a run's spec from a recipe, changes and a dataset, every default written out, and checks all that can be checked
 * before the first step: names, ranges, sizes that must divide, a batch that fits the split.
 * @throws UsageError that names the field, the value, the rule and what would work
 */
export function resolveSpec({ recipeName, recipe, changes: given, dataset }: SpecRequest): {
  spec: RunSpec;
  notes: string[];
} {
  const changes = withBudget(given);
  const unlimited = changes['budget'] === undefined ? recipe : { ...recipe, budget: null };
  const { recipe: base, methodName, backboneName, notes } = withChoices(unlimited, changes);
  const { method, backbone, names } = findParts(methodName, backboneName);
  const changed = check('', recipeSchema, applyChanges(base, changes, names), base);
  const { title: _title, description: _description, blockSamples, image, views: viewTree, ...rest } = changed;
  const size = image.size === 'dataset' ? datasetSize(dataset.index) : image.size;
  const views = check('views', viewRecipeSchema, replaceImageSize(viewTree, size));
  const sizes = viewSizes(views);
  const watched = fitMonitors(rest, dataset.index, size, notes);
  const probe = { ...watched.probe, kinds: probeKinds(dataset.index, rest.probe.kinds, notes) };
  const spec = check('', runSpecSchema, {
    ...rest,
    ...watched,
    format: 'unlabel.run-spec',
    version: 1,
    recipe: recipeName,
    dataset: { name: dataset.name, contentHash: dataset.contentHash, trainSamples: dataset.index.splits.train },
    method: { name: method.name, options: checkOptions('method', method.options, changed.method.options) },
    backbone: {
      ...changed.backbone,
      options: checkOptions('backbone', backbone.options, changed.backbone.options),
    },
    epochs: epochsOf(rest, dataset.index.splits.train),
    image: { ...image, size },
    views,
    blockSamples: blockSamples === 'auto' ? samplesOfBlock(sizes) : blockSamples,
    probe,
  });
  checkTogether(spec, method, sizes);
  return { spec, notes };
}

/** A method and a backbone with the names of their options. @throws UsageError with the nearest match for an unknown one */
export function findParts(methodName: string, backboneName: string) {
  const method = findMethod(methodName);
  const backbone = Object.hasOwn(backbones, backboneName) ? backbones[backboneName] : undefined;
  if (!backbone) throw unknownName('backbone', backboneName, Object.keys(backbones), 'backbone.name');
  const names = { method: optionNames(method.options), backbone: optionNames(backbone.options) };
  return { method, backbone, names };
}

interface Schema<T> {
  safeParse(
    value: unknown,
  ): { success: true; data: T } | { success: false; data?: undefined; error: { issues: Issue[] } };
}
interface Issue {
  path: PropertyKey[];
  message: string;
  /** what an enumeration allows */
  values?: unknown[];
  /** names that an unknown discriminator could have been */
  options?: unknown[];
}

const valueAt = (tree: unknown, path: PropertyKey[]): unknown =>
  path.reduce<unknown>((at, part) => (at as Record<PropertyKey, unknown> | null | undefined)?.[part], tree);

/**
 * @param under the key of the value within the spec; empty: the spec itself
 * @param works a value that is right, for the remedy: the recipe as it is, the defaults
 */
function check<T>(under: string, schema: Schema<T>, value: unknown, works?: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues as [Issue];
  const field = [...(under === '' ? [] : [under]), ...issue.path].join('.') || 'spec';
  const [arrived, right] = [valueAt(value, issue.path), valueAt(works, issue.path)];
  const got = issue.path.length === 0 || arrived === undefined ? '' : `; got ${JSON.stringify(arrived)}`;
  const allowed = (issue.values ?? issue.options ?? []).filter((name) => typeof name === 'string');
  const nearest = typeof arrived === 'string' ? nearestName(arrived, allowed) : undefined;
  const hint = nearest === undefined ? '' : `; did you mean "${nearest}"?`;
  const isExample = issue.path.length > 0 && (typeof right === 'object' ? right === null : right !== undefined);
  const remedy = isExample ? `for example ${field}=${JSON.stringify(right)}` : undefined;
  throw new UsageError(`${field}: ${issue.message}${got}${hint}`, { field, nearest, remedy });
}

/** Options of a method or backbone: strict, defaults written out. */
function checkOptions(what: 'method' | 'backbone', schema: Schema<unknown>, value: unknown): unknown {
  try {
    return check(`${what}.options`, schema, value, schema.safeParse({}).data);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const { message, field, nearest, remedy = `options: ${optionNames(schema).join(', ')}` } = error;
    throw new UsageError(message, { field, nearest, remedy });
  }
}

const optionNames = (schema: object): string[] => Object.keys((schema as { shape?: object }).shape ?? {});

const datasetSize = ({ images }: DatasetIndex): number =>
  images.kind === 'small' ? Math.min(images.width, images.height) : largeImageSize;

/** The size "image" within a recipe's views stands for image.size. */
function replaceImageSize(tree: unknown, size: number): unknown {
  if (Array.isArray(tree)) return tree.map((part) => replaceImageSize(part, size));
  if (typeof tree !== 'object' || tree === null) return tree;
  return Object.fromEntries(
    Object.entries(tree).map(([key, value]) => [
      key,
      key === 'size' && value === 'image' ? size : replaceImageSize(value, size),
    ]),
  );
}

/** A power of two of samples, so that a block has about 4 MiB. */
function samplesOfBlock(sizes: number[]): number {
  const sampleBytes = sizes.reduce((total, size) => total + size * size * 3, 0);
  const samples = 2 ** Math.floor(Math.log2(blockBytes / sampleBytes));
  return Math.min(Math.max(samples, blockSamplesRange[0]), blockSamplesRange[1]);
}

function probeKinds(index: DatasetIndex, kinds: RunSpec['probe']['kinds'], notes: string[]): RunSpec['probe']['kinds'] {
  if (kinds.length === 0) return kinds;
  const oneClass = (['train', 'eval'] as const).find(
    (split) => index.classCounts[split].filter((images) => images > 0).length < 2,
  );
  const why =
    index.classes.length < 2
      ? 'has no classes'
      : index.splits.eval === 0
        ? 'has no eval split'
        : oneClass && `has images of one class only in ${oneClass}`;
  if (why === undefined) return kinds;
  notes.push(`the dataset ${why}, so nothing is probed`);
  return [];
}

/** Rules that tie several fields together. */
function checkTogether(spec: RunSpec, method: Method, sizes: number[]): void {
  const { trainSamples } = spec.dataset;
  if (spec.batch > trainSamples)
    throw new UsageError(`batch: ${spec.batch} is more than the ${trainSamples} images of train`, {
      field: 'batch',
      remedy: `use at most ${trainSamples}`,
    });
  checkWarmup(spec.schedule, {
    totalSteps: plannedSteps(spec),
    stepsPerEpoch: stepsPerEpoch(trainSamples, spec.batch),
  });
  if (sizes.length !== method.views)
    throw new UsageError(
      `views: the recipe makes ${sizes.length} views of an image, ${method.name} trains on ${method.views}`,
      {
        field: 'views',
        remedy: `let the counts of the recipe's views add up to ${method.views}`,
      },
    );
  const bank = Math.min(spec.probe.trainSamples ?? Infinity, trainSamples);
  if (spec.probe.kinds.includes('knn') && spec.probe.k > bank)
    throw new UsageError(`probe.k: ${spec.probe.k} neighbours, but the probe has ${bank} images of train`, {
      field: 'probe.k',
      remedy: `use at most ${bank}`,
    });
  const odd = sizes.find((size) => size !== spec.image.size);
  if (odd !== undefined)
    throw new UsageError(`views: a view of ${odd} px, but image.size is ${spec.image.size}`, {
      field: 'views',
      remedy: 'write size: image',
    });
  instanceOfSpec(spec).inputs({ batch: spec.batch }); // refuses a batch that the method can't train on
}
