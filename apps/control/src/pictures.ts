import type { z } from 'zod';

import {
  isPictured,
  keys,
  NotFoundError,
  type PictureName,
  type PicturesCall,
  type PicturesJob,
  type PicturesKind,
  type PicturesMade,
  picturesMadeSchema,
  type RunHead,
  type RunPictures,
  type RunResolved,
  runResolvedSchema,
  type RunSpec,
  subjects,
} from '#lib/contracts';
import { getJson, type ObjectStore } from '#lib/storage';

import type { Datasets } from './datasets.ts';
import { failedMark } from './failures.ts';
import { stepOfCheckpoint } from './probe-requests.ts';
import type { Publish } from './publish.ts';
import type { Runs } from './runs.ts';

/** Pictures that a job makes. */
export interface WantedPictures {
  run: string;
  step: number;
  kind: PicturesKind;
}

/**
 * What a spec asks for, in the order in which it is needed: views as soon as somebody works on the run, then what the untrained encoder
 * makes of images, then that of checkpoints.
 */
export function wantedPictures(
  run: string,
  spec: RunSpec,
  head: RunHead,
  resolved: RunResolved | undefined,
): WantedPictures[] {
  const { pictures = 'none' } = spec.probe;
  if (pictures === 'none' || head.attempt === 0 || head.state === 'removed' || !resolved) return [];
  const steps = head.checkpoints.filter((entry) => isPictured(spec, resolved, entry)).map(({ step }) => step);
  return [{ run, step: 0, kind: 'views' }, ...[0, ...steps].map((step) => ({ run, step, kind: 'encoder' as const }))];
}

/** Keys of all files of a run's pictures: one listing in place of two questions for each that is wanted. */
async function listKeys(store: Pick<ObjectStore, 'list'>, run: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of store.list(keys.picturesOf(run))) found.push(key);
  return found;
}

/** Wanted pictures that are not there and were not given up. */
export async function pendingPictures(
  store: Pick<ObjectStore, 'get' | 'list'>,
  run: string,
  spec: RunSpec,
  head: RunHead,
  listed?: readonly string[],
): Promise<WantedPictures[]> {
  const resolved = await getJson(store, keys.runResolved(run), runResolvedSchema);
  const wanted = wantedPictures(run, spec, head, resolved?.value);
  if (wanted.length === 0) return [];
  const there = new Set(listed ?? (await listKeys(store, run)));
  return wanted.filter(({ step, kind }) => {
    const key = keys.picturesMade(run, step, kind);
    return !there.has(key) && !there.has(keys.failedMark(key));
  });
}

/** Asks for pictures. */
export async function askForPictures(publish: Publish, { run, step, kind }: WantedPictures): Promise<void> {
  const key = keys.picturesMade(run, step, kind);
  const job: PicturesJob = { version: 1, target: 'pictures', run, step, kind, key, traceId: run };
  await publish(subjects.probePictures(run, step, kind), job);
}

/** Pictures of runs, as their objects tell it. */
export class Pictures {
  readonly #store: ObjectStore;
  readonly #publish: Publish;
  readonly #runs: Runs;
  readonly #datasets: Datasets;

  constructor(store: ObjectStore, publish: Publish, runs: Runs, datasets: Datasets) {
    this.#store = store;
    this.#publish = publish;
    this.#runs = runs;
    this.#datasets = datasets;
  }

  /** Which pictures a run has, by step, and which are still to come. */
  async list(run: string): Promise<RunPictures> {
    const [spec, head] = await Promise.all([this.#runs.spec(run), this.#runs.head(run)]);
    const steps: RunPictures['steps'] = [];
    const listed = await listKeys(this.#store, run); // once: what comes meanwhile is still to come
    for (const key of listed) {
      const [, step, kind, failed] = /\/(\d+)\/(views|encoder)-made(\.failed)?\.json$/.exec(key) ?? [];
      if (step === undefined) continue;
      const at = { step: Number(step), kind: kind as PicturesKind };
      if (!failed) steps.push({ ...at, ...(await this.#made(key)) });
      else if (!listed.includes(key.replace('.failed', ''))) steps.push({ ...at, ...(await this.#failed(key)) });
    }
    for (const { step, kind } of await pendingPictures(this.#store, run, spec, head, listed))
      steps.push({ step, kind, ...nothing, state: 'waiting' });
    const { name: dataset, contentHash } = spec.dataset;
    const classes = (await this.#datasets.indexOf(dataset, contentHash)).classes.map(({ name }) => name);
    return { run, dataset, contentHash, classes, steps: steps.sort((a, b) => a.step - b.step) };
  }

  async #made(key: string): Promise<Omit<RunPictures['steps'][number], 'step' | 'kind'>> {
    const { made, leftOut } = (await getJson<PicturesMade>(this.#store, key, picturesMadeSchema))?.value ?? nothingMade;
    const pictures = made.map(({ picture, sha256 }) => ({ picture, sha256 }));
    return { ...nothing, state: 'made', pictures, leftOut };
  }

  async #failed(key: string): Promise<Omit<RunPictures['steps'][number], 'step' | 'kind'>> {
    return { ...nothing, state: 'failed', ...(await failedMark(this.#store, key)) };
  }

  /** One picture of a step. @throws NotFoundError where there is none (yet) */
  async picture<T>(run: string, step: number, name: PictureName, schema: z.ZodType<T>): Promise<T> {
    await this.#runs.spec(run);
    const found = await getJson(this.#store, keys.pictures(run, step, `${name}.json`), schema);
    if (!found) throw this.#missing(run, step, name);
    return found.value;
  }

  /** The PNG that a picture names. @throws NotFoundError where there is none (yet) */
  async sheet(run: string, step: number, name: 'views' | 'reconstructions'): Promise<Uint8Array> {
    await this.#runs.spec(run);
    const object = await this.#store.get(keys.pictures(run, step, `${name}.png`));
    if (!object) throw this.#missing(run, step, name);
    return object.bytes;
  }

  #missing(run: string, step: number, name: PictureName): NotFoundError {
    return new NotFoundError(`run ${run} has no ${name} of step ${step}`, {
      remedy: `ask which it has: GET /api/runs/${run}/pictures`,
    });
  }

  /**
   * Makes pictures of a checkpoint now, whether the spec asks for them or not; what failed is tried once more.
   * @throws ConflictError for a run without such a checkpoint yet, UsageError for a step that it doesn't have
   */
  async ask(run: string, { checkpoint }: PicturesCall): Promise<{ asked: { step: number; kind: PicturesKind }[] }> {
    const step = stepOfCheckpoint(run, await this.#runs.head(run), checkpoint);
    const asked = [
      { step: 0, kind: 'views' as const },
      { step, kind: 'encoder' as const },
    ];
    for (const { step: at, kind } of asked) {
      const key = keys.picturesMade(run, at, kind);
      if (await this.#store.head(key)) continue;
      await this.#store.delete(keys.failedMark(key));
      await askForPictures(this.#publish, { run, step: at, kind });
    }
    return { asked };
  }
}

const nothing = { pictures: [], leftOut: [], reason: null, remedy: null };
const nothingMade: Pick<PicturesMade, 'made' | 'leftOut'> = { made: [], leftOut: [] };
