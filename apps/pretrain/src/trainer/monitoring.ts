import { datasetIndexSchema, keys, type MonitorReading, type Monitors, type RunSpec } from '#lib/contracts';
import { buildStep, zeroState } from '#lib/engine';
import type { LabelledFeatures } from '#lib/evaluation';
import type { MethodInstance } from '#lib/methods';
import { type ObjectStore, requireJson } from '#lib/storage';
import { encoderOf, inferenceStep, readMonitors, type Step } from '#lib/training';

import { readFirstImages, type SplitImages } from './split-images.ts';

const largestBatch = 256;

/**
 * The monitors of a run: images held in memory and a captured step of their own that only embeds. At each reading the
 * encoder of the training state is copied into it, so that nothing of the training is touched.
 */
export class Monitoring {
  readonly #monitors: Monitors;
  readonly #step: Step;
  readonly #names: string[];
  readonly #batch: number;
  readonly #featureSize: number;
  readonly #train: SplitImages;
  readonly #tune: SplitImages | undefined;
  readonly #classes: number;

  private constructor(
    monitors: Monitors,
    { spec, instance }: { spec: RunSpec; instance: MethodInstance },
    images: { train: SplitImages; tune: SplitImages | undefined; classes: number },
  ) {
    this.#monitors = monitors;
    this.#batch = Math.min(spec.batch, largestBatch);
    this.#featureSize = instance.featureSize;
    this.#train = images.train;
    this.#tune = images.tune;
    this.#classes = images.classes;
    const { fn, state, inputs } = inferenceStep(encoderOf(instance), { ...spec.image, batch: this.#batch });
    this.#names = Object.keys(state);
    this.#step = buildStep(fn, { state: zeroState(state), inputs, engine: spec.engine });
  }

  /** Reads the images and captures the step; undefined for a spec without monitors. */
  static async open(store: ObjectStore, spec: RunSpec, instance: MethodInstance): Promise<Monitoring | undefined> {
    const { monitors } = spec;
    if (!monitors) return undefined;
    const { name, contentHash } = spec.dataset;
    const index = await requireJson(store, keys.datasetIndex(name, contentHash), datasetIndexSchema);
    const { size } = spec.image;
    const { samples, onlineKnn } = monitors;
    const train = await readFirstImages(store, index, 'train', {
      size,
      limit: Math.max(samples, onlineKnn?.bankSamples ?? 0),
    });
    const tune = onlineKnn && (await readFirstImages(store, index, 'tune', { size, limit: onlineKnn.querySamples }));
    return new Monitoring(
      monitors,
      { spec, instance },
      { train, tune: tune ?? undefined, classes: index.classes.length },
    );
  }

  /** @param state of training; its encoder is copied. @param onBatch called after each batch, which takes a while */
  async read(
    state: Record<string, Float32Array>,
    onBatch: () => void,
  ): Promise<Omit<MonitorReading, 'monitorSeconds'>> {
    this.#step.writeState(Object.fromEntries(this.#names.map((name) => [name, state[name] as Float32Array])));
    const train = await this.#embed(this.#train, onBatch);
    const tune = this.#tune && (await this.#embed(this.#tune, onBatch));
    return readMonitors(this.#monitors, { train, tune, classes: this.#classes });
  }

  /** Batch by batch, letting messages in between; the last one is filled up and cut off again. */
  async #embed({ pixels, labels, count }: SplitImages, onBatch: () => void): Promise<LabelledFeatures> {
    const [stride, size, batch] = [pixels.length / count, this.#featureSize, this.#batch];
    const data = new Float32Array(count * size);
    const images = new Uint8Array(batch * stride);
    for (let from = 0; from < count; from += batch) {
      const rows = Math.min(batch, count - from);
      images.fill(0).set(pixels.subarray(from * stride, (from + rows) * stride));
      const features = this.#step.run({ images })['rows'] as Float32Array;
      data.set(features.subarray(0, rows * size), from * size);
      onBatch();
      await new Promise(setImmediate);
    }
    return { data, shape: [count, size], labels };
  }

  dispose(): void {
    this.#step.dispose();
  }
}
