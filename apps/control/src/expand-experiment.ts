import {
  type DatasetIndex,
  type ExperimentFile,
  hashJson,
  type Recipe,
  type Reported,
  type RunSpec,
  unknownName,
  UsageError,
} from '#lib/contracts';
import { count } from '#lib/figures';

import { isLength } from './budget.ts';
import { knowsKey, parseValue } from './changes.ts';
import { withChoices } from './choices.ts';
import { findParts, resolveSpec } from './resolve-spec.ts';

export interface ExperimentRequest {
  file: ExperimentFile;
  /** changes to every run that has the key; they go before what the file says */
  changes: Record<string, string>;
  recipes: Map<string, Recipe>;
  dataset: { name: string; contentHash: string; index: DatasetIndex };
}

/** A run of an experiment, ready to be registered. Its id is its spec's hash, so what ran before is joined, not repeated. */
export interface ExperimentRun {
  run: string;
  label: string;
  reported: Reported | null;
  spec: RunSpec;
}

type Entry = ExperimentFile['runs'][number];
type Changes = Record<string, string>;

/**
 * The runs that an experiment file stands for, each spec checked as that of a single run is. Of changes to one key the
 * command line's goes first, then the run's own, then the file's common one, then the recipe.
 *
 * @throws UsageError that names the run and what is wrong with it; nothing is left half done, since nothing is stored here
 */
export function expandExperiment(request: ExperimentRequest): { runs: ExperimentRun[]; notes: string[] } {
  const { file, recipes } = request;
  const labels = file.runs.map(({ label, recipe }) => label ?? recipe);
  const twice = labels.findIndex((label, i) => labels.indexOf(label) < i);
  if (twice >= 0)
    throw new UsageError(`runs.${twice}: two runs are called ${labels[twice]}`, {
      field: `runs.${twice}.label`,
      remedy: 'give each a label of its own',
    });
  const common = commonChanges(request);
  const seen = new Set<string>(); // keys of common changes that some run has
  const notes: string[] = [];
  const runs = file.runs.flatMap((entry, i) => {
    const label = labels[i] as string;
    try {
      const recipe = recipes.get(entry.recipe);
      if (!recipe) throw unknownName('recipe', entry.recipe, [...recipes.keys()], `runs.${i}.recipe`);
      const changes = changesOf(entry, recipe, common, seen);
      return seedsOf(entry, request, recipe).map((seed) => {
        const resolved = resolve(request, entry, recipe, { ...changes, seed: String(seed) });
        for (const note of resolved.notes) if (!notes.includes(`${label}: ${note}`)) notes.push(`${label}: ${note}`);
        return { run: runName(resolved.spec), label, reported: entry.reported ?? null, spec: resolved.spec };
      });
    } catch (error) {
      throw at(`runs.${i} (${label})`, error);
    }
  });
  checkCommonKeys(request, common, seen);
  checkDistinct(runs);
  return { runs, notes: [...notes, ...sharingNotes(runs), ...lengthNotes(runs)] };
}

interface CommonChanges {
  /** the file's, which a run's own go before */
  file: Changes;
  /** the command line's, which go before all */
  caller: Changes;
}

/** Values of a file as the texts that a command line would give. */
const asTexts = (set: Record<string, unknown>): Changes =>
  Object.fromEntries(Object.entries(set).map(([key, value]) => [key, JSON.stringify(value)]));

const without = (changes: Changes, drop: (key: string) => boolean): Changes =>
  Object.fromEntries(Object.entries(changes).filter(([key]) => !drop(key)));

function commonChanges({ file, changes }: ExperimentRequest): CommonChanges {
  if (Object.keys(file.set).some(isSeed))
    throw new UsageError('set: the seed of an experiment is given by seeds', { field: 'seeds', remedy: 'seeds: [1]' });
  return { file: { ...asTexts(file.budget ?? {}), ...asTexts(file.set) }, caller: without(changes, isSeed) };
}

const isSeed = (key: string): boolean => key === 'seed' || key === 'seeds';

/** The changes of one run: what the common ones and its own come to. Lengths replace one another whole. */
function changesOf(entry: Entry, recipe: Recipe, common: CommonChanges, seen: Set<string>): Changes {
  const own = asTexts(entry.set);
  const layers = [common.file, own, common.caller];
  const all = layers.reduce((below, layer) => {
    const replaces = Object.keys(layer).some(isLength);
    return { ...(replaces ? without(below, isLength) : below), ...layer };
  }, {});
  const { recipe: base, methodName, backboneName } = withChoices(recipe, without(all, isLength));
  const { names } = findParts(methodName, backboneName);
  const known = (key: string) => isLength(key) || knowsKey(base, key, names);
  for (const key of Object.keys({ ...common.file, ...common.caller })) if (known(key)) seen.add(key);
  return without(all, (key) => !known(key) && own[key] === undefined);
}

/** The seeds of a run: the caller's, its own, the file's, or its recipe's. */
function seedsOf(entry: Entry, { file, changes }: ExperimentRequest, recipe: Recipe): number[] {
  const key = changes['seeds'] === undefined ? 'seed' : 'seeds';
  const text = changes[key];
  if (text === undefined) return [...new Set(entry.seeds ?? file.seeds ?? [recipe.seed])];
  const value = [parseValue(key, text)].flat();
  if (value.length > 0 && value.every((seed) => Number.isInteger(seed) && (seed as number) >= 0))
    return [...new Set(value as number[])];
  throw new UsageError(`${key}: must be whole numbers of at least 0; got ${text}`, { field: key });
}

function resolve({ dataset }: ExperimentRequest, { recipe: recipeName }: Entry, recipe: Recipe, changes: Changes) {
  return resolveSpec({ recipeName, recipe, changes, dataset });
}

const runName = (spec: RunSpec): string => `${spec.recipe.slice(0, 52)}-${hashJson(spec).slice(0, 10)}`;

/** A common change that means nothing to any run is a mistake. */
function checkCommonKeys({ file, recipes }: ExperimentRequest, common: CommonChanges, seen: Set<string>): void {
  for (const key of Object.keys({ ...common.file, ...common.caller })) {
    if (seen.has(key)) continue;
    const keys = file.runs.flatMap(({ recipe: name }) => {
      const recipe = recipes.get(name) as Recipe;
      const { names } = findParts(recipe.method.name, recipe.backbone.name);
      const { title: _title, description: _description, ...fields } = recipe;
      return [...Object.keys(fields), ...names.method, ...names.backbone];
    });
    const { message, nearest, remedy } = unknownName('key', key, [...new Set(keys)], key);
    throw new UsageError(`${message} (no run of the experiment has it)`, { field: key, nearest, remedy });
  }
}

function checkDistinct(runs: ExperimentRun[]): void {
  const twin = runs.find(({ run, label }) => runs.some((other) => other.run === run && other.label !== label));
  if (!twin) return;
  const other = runs.find(({ run, label }) => run === twin.run && label !== twin.label) as ExperimentRun;
  throw new UsageError(`runs: ${twin.label} and ${other.label} are one and the same run`, {
    field: 'runs',
    remedy: 'leave one out, or let them differ in something',
  });
}

/** Says which runs train on the same views: view blocks know nothing of methods, so each is made once. */
function sharingNotes(runs: ExperimentRun[]): string[] {
  const views = ({ spec: { dataset, views, seed, groupShards, blockSamples } }: ExperimentRun) =>
    hashJson({ dataset: dataset.contentHash, views, seed, groupShards, blockSamples });
  return groups(runs, views)
    .filter((group) => group.length > 1)
    .map((group) => `${names(group)} train on the same views: each block is made once`);
}

/** Says when runs are not of one length, since their figures are then not of one budget. */
function lengthNotes(runs: ExperimentRun[]): string[] {
  const length = ({ spec: { epochs, budget } }: ExperimentRun) =>
    budget === null
      ? `${epochs} epochs`
      : 'images' in budget
        ? `${count(budget.images)} images`
        : `${budget.minutes} minutes`;
  const lengths = groups(runs, length);
  if (lengths.length < 2) return [];
  const parts = lengths.map((group) => `${names(group)} ${length(group[0] as ExperimentRun)}`);
  return [`the runs are of different lengths: ${parts.join('; ')}`];
}

const names = (runs: ExperimentRun[]): string => [...new Set(runs.map(({ label }) => label))].join(', ');

function groups(runs: ExperimentRun[], key: (run: ExperimentRun) => string): ExperimentRun[][] {
  const found = new Map<string, ExperimentRun[]>();
  for (const run of runs) found.set(key(run), [...(found.get(key(run)) ?? []), run]);
  return [...found.values()];
}

/** The same error, beginning with where it is. */
function at(where: string, error: unknown): unknown {
  if (!(error instanceof UsageError)) return error;
  const { message, remedy, field, nearest, cause } = error;
  return new UsageError(`${where}: ${message}`, { remedy, field, nearest, cause });
}
