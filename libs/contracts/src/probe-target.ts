import { hashJson } from './canonical.ts';
import { keys } from './keys.ts';
import type { ProbeJob } from './jobs.ts';
import type { RunSpec } from './spec.ts';

/** Names the pixel baseline of a split under the given probe options; runs that agree in them share it. */
export const pixelsHash = ({ dataset, image, probe: { kinds: _, ...options } }: RunSpec): string =>
  hashJson({ contentHash: dataset.contentHash, image, options });

/** The key of the result that a probe job makes. */
export function probeResultKey(
  { target, run, step, kind }: Pick<ProbeJob, 'target' | 'run' | 'step' | 'kind'>,
  spec: RunSpec,
): string {
  return target === 'run' ? keys.probe(run, step, kind) : keys.pixelBaseline(spec.dataset.name, pixelsHash(spec), kind);
}
