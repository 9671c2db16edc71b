import { hashJson } from './canonical.ts';
import { keys } from './keys.ts';
import type { ProbeJob } from './jobs.ts';
import type { RunSpec } from './spec.ts';

/** Names the pixel baseline of a split under the given probe options; runs that agree in them share it. */
export const pixelsHash = ({ dataset, image, probe }: RunSpec): string => {
  const { k, temperature, inverseRegularisation, trainSamples } = probe;
  return hashJson({
    contentHash: dataset.contentHash,
    image,
    options: { k, temperature, inverseRegularisation, trainSamples },
  });
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
