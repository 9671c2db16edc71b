import {
  canonicalJson,
  type CheckpointEntry,
  type CheckpointManifest,
  checkpointManifestSchema,
  ConflictError,
  type ForkCall,
  hashJson,
  keys,
  newRunHead,
  type Recipe,
  type RunHead,
  type RunSpec,
  stoppingRules,
  UsageError,
} from '#lib/contracts';
import { plannedSteps } from '#lib/sampling';
import { getJson, jsonBytes, type ObjectStore } from '#lib/storage';
import { freshStopper } from '#lib/training';

import type { Admitted } from './admit.ts';
import type { Datasets } from './datasets.ts';
import { runId } from './run-head.ts';
import type { Runs } from './runs.ts';
import { resolveSpec } from './resolve-spec.ts';

/** What a fork keeps: the weights belong to it, and the step and the place in the data are counted by it. */
const kept = [
  'method',
  'backbone',
  'image',
  'dataset',
  'views',
  'batch',
  'seed',
  'groupShards',
  'blockSamples',
] as const;

/** Runs that go on from a checkpoint of another: longer, or with another learning rate, schedule or stopping rule. */
export class Forks {
  readonly #store: ObjectStore;
  readonly #runs: Runs;
  readonly #datasets: Datasets;

  constructor(store: ObjectStore, runs: Runs, datasets: Datasets) {
    this.#store = store;
    this.#runs = runs;
    this.#datasets = datasets;
  }

  /**
   * Copies the checkpoint, so that neither run depends on the other, and asks for a worker. The spec comes last: a fork that is cut off
   * is no run.
   * @throws UsageError for a change of what a fork keeps, ConflictError where there is no such checkpoint
   */
  async fork(
    parent: string,
    { changes, checkpoint, run: wanted }: ForkCall,
  ): Promise<{ run: string; notes: string[] }> {
    const [old, head] = await Promise.all([this.#runs.spec(parent), this.#runs.head(parent)]);
    const from = entryOf(parent, head, checkpoint);
    const { spec, notes } = await this.#spec(old, changes);
    checkKept(old, spec);
    checkLonger(old, spec, from);
    const [admitted] = (await this.#runs.admit([spec])) as [Admitted];
    const run = wanted ?? runId(spec.recipe);
    if (await this.#runs.exists(run))
      throw new ConflictError(`run ${run} exists already`, {
        field: 'run',
        remedy: 'choose another id, or leave it out',
      });
    const entry = await this.#copy(from, spec, run, async () => {
      const newer = entryOf(parent, await this.#runs.head(parent), checkpoint);
      checkLonger(old, spec, newer);
      return newer;
    });
    const at = new Date().toISOString();
    await this.#store.replace(
      keys.runHead(run),
      jsonBytes({ ...newRunHead(run, at), checkpoints: [entry] }),
      undefined,
    );
    await this.#runs.register(run, spec, admitted.model);
    return { run, notes: [`it goes on from step ${entry.step} of ${parent}`, ...notes, ...admitted.notes] };
  }

  async #spec(old: RunSpec, changes: Record<string, string>): Promise<ReturnType<typeof resolveSpec>> {
    const { head, index } = await this.#datasets.ready(old.dataset.name);
    if (head.contentHash !== old.dataset.contentHash)
      throw new ConflictError(`dataset ${old.dataset.name} was ingested anew since: its images are others`, {
        remedy: 'start another run',
      });
    const { format: _format, version: _version, recipe: recipeName, dataset: _dataset, ...rest } = old;
    const probe = { ...rest.probe, pictures: rest.probe.pictures ?? 'none' };
    const recipe: Recipe = { ...rest, probe, title: recipeName, description: '' };
    const dataset = { name: old.dataset.name, contentHash: head.contentHash, index };
    return resolveSpec({ recipeName, recipe, changes, dataset });
  }

  /** The checkpoint's files under the new run, in a manifest of the new spec. @param newer what is meant where it was pruned meanwhile */
  async #copy(
    from: CheckpointEntry,
    spec: RunSpec,
    run: string,
    newer: () => Promise<CheckpointEntry>,
  ): Promise<CheckpointEntry> {
    const folder = keys.checkpoint(run, from.step, 0);
    const manifest = await this.#copyFiles(from.folder, folder);
    if (!manifest) {
      const next = await newer();
      if (next.folder !== from.folder) return this.#copy(next, spec, run, newer);
      throw new ConflictError(`${from.folder} is not complete`, { remedy: 'fork another checkpoint' });
    }
    const own: CheckpointManifest = {
      ...manifest,
      specHash: hashJson(spec),
      stopper: freshStopper(stoppingRules(spec)),
      ended: null,
    };
    await this.#store.create(
      keys.checkpointFile(folder, 'manifest.json'),
      new TextEncoder().encode(canonicalJson(own)),
    );
    return { ...from, kind: 'fixed', folder };
  }

  /** Copies a checkpoint's files but its manifest, which it gives. Undefined, and nothing is copied, where it was pruned meanwhile. */
  async #copyFiles(from: string, to: string): Promise<CheckpointManifest | undefined> {
    const manifest = await getJson(this.#store, keys.checkpointFile(from, 'manifest.json'), checkpointManifestSchema);
    const names = manifest?.value.files.map(({ name }) => name) ?? [];
    for (const name of names) {
      const file = await this.#store.get(keys.checkpointFile(from, name));
      if (!file) {
        for (const copied of names) await this.#store.delete(keys.checkpointFile(to, copied));
        return undefined;
      }
      await this.#store.create(keys.checkpointFile(to, name), file.bytes);
    }
    return manifest?.value;
  }
}

function checkLonger(old: RunSpec, spec: RunSpec, from: CheckpointEntry): void {
  const steps = plannedSteps(spec);
  if (steps === undefined || steps > from.step) return;
  throw new UsageError(`epochs: the checkpoint is of step ${from.step}, and the fork would end at step ${steps}`, {
    field: 'epochs',
    remedy: `let it go on longer: epochs=${old.epochs * 2}`,
  });
}

function entryOf(run: string, head: RunHead, checkpoint: ForkCall['checkpoint']): CheckpointEntry {
  const steps = head.checkpoints.map(({ step }) => step);
  if (checkpoint === 'best' && !head.best)
    throw new ConflictError(`run ${run}: no checkpoint was measured on tune, so none is known as the best`, {
      remedy: `use --checkpoint last, or a step: ${steps.join(', ')}`,
    });
  const step = checkpoint === 'last' ? steps.at(-1) : checkpoint === 'best' ? head.best?.step : checkpoint;
  const entry = head.checkpoints.find((each) => each.step === step);
  if (entry) return entry;
  throw new ConflictError(
    steps.length === 0 ? `run ${run} has no checkpoint yet` : `run ${run} has no checkpoint of step ${step}`,
    { remedy: steps.length === 0 ? 'wait for its first one' : `it has those of steps ${steps.join(', ')}` },
  );
}

function checkKept(old: RunSpec, spec: RunSpec): void {
  const optimiser = { old: old.optimiser.name, now: spec.optimiser.name };
  const field =
    kept.find((key) => canonicalJson(old[key]) !== canonicalJson(spec[key])) ??
    (optimiser.old === optimiser.now ? undefined : 'optimiser.name');
  if (field !== undefined)
    throw new UsageError(`${field}: a fork keeps it, its checkpoint belongs to it`, {
      field,
      remedy:
        'start another run; a fork may change epochs, learning rate, schedule, stopping rules, probes and precision',
    });
}
