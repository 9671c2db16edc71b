import { hashJson } from './canonical.ts';
import { keys } from './keys.ts';
import type { ProbeJob } from './jobs.ts';
import type { RunSpec } from './spec.ts';

/** Raw pixels of larger images are taken at this side, so that a baseline has at most 3,072 features. */
const largestPixelSide = 32;

/** Side at which raw pixels are measured for runs on images of a size. */
export const pixelSide = (imageSize: number): number => Math.min(imageSize, largestPixelSide);

/** Names the pixel baseline of a split under the given probe options; runs that agree in them share it. */
export const pixelsHash = (spec: RunSpec): string => {
  const { image, probe } = pixelsSettings(spec);
  return hashJson({ contentHash: spec.dataset.contentHash, side: image.size, options: probe });
};

/** The settings by which raw pixels are measured for a run: the side in px, and its probe options that concern them. */
export const pixelsSettings = ({ image, probe }: Pick<RunSpec, 'image' | 'probe'>) => {
  const { k, temperature, inverseRegularisation, trainSamples } = probe;
  return { image: { size: pixelSide(image.size) }, probe: { k, temperature, inverseRegularisation, trainSamples } };
};

/** The key of the result that a probe job makes. */
export function probeResultKey(
  { target, run, step, kind, split }: Pick<ProbeJob, 'target' | 'run' | 'step' | 'kind' | 'split'>,
  spec: RunSpec,
): string {
  return target === 'run'
    ? keys.probe(run, step, kind, split)
    : keys.pixelBaseline(spec.dataset.name, pixelsHash(spec), kind);
}

/** What a run starts from, for people: an encoder drawn from its seed, or pretrained weights. */
export const startingEncoder = ({ name, weights }: RunSpec['backbone']): string =>
  `${weights ? 'pretrained' : 'untrained'} ${name}`;

/** A measurement for people: its kind, and of what. */
export function probeInWords(
  { target, step, kind }: Pick<ProbeJob, 'target' | 'step' | 'kind'>,
  spec: RunSpec,
  run: string,
): string {
  return `${kind} of ${target === 'pixels' ? 'raw pixels' : step === 0 ? startingEncoder(spec.backbone) : run}`;
}
