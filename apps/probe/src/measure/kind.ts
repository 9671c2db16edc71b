import type { DatasetIndex, ProbeJob, RunSpec, Split } from '#lib/contracts';
import type { Capture, IdentifiedFeatures, ProbeOutcome } from '#lib/evaluation';
import type { Samples } from '#lib/shards';

import type { EncoderWeights } from './encoder.ts';

export type OnProgress = (phase: string, done: number) => void;

/** What a kind of probe is given. */
export interface Measurement {
  job: ProbeJob;
  spec: RunSpec;
  index: DatasetIndex;
  /** Names, by class number. */
  classes: string[];
  onProgress: OnProgress;
  /** Features of train, and of the split that is measured, computed once an encoder and split. */
  features(split: Split): Promise<IdentifiedFeatures>;
  /** The images themselves; of train only those that the spec lets a probe use. */
  samples(split: Split): Samples;
  /** Builds a computation as the spec's engine runs it. */
  capture: Capture;
  /** The encoder at the job's step. */
  encoder(): Promise<EncoderWeights>;
}

/** A way of measuring an encoder. */
export interface ProbeMeasure {
  /** Whether it measures raw pixels, too: it takes features, not an encoder. */
  ofPixels: boolean;
  /** Whether it leaves the encoder as it is, so that figures of its embeddings belong to the result. */
  frozen: boolean;
  measure(measurement: Measurement): Promise<{ outcome: ProbeOutcome; trainSamples: number; featureSize: number }>;
}
