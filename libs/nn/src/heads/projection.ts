import { UsageError } from '#lib/contracts';

import { batchNorm } from '../layers/batch-norm.ts';
import { linear } from '../layers/linear.ts';
import { type Module, named, sequence } from '../module.ts';

export interface ProjectionOptions {
  in: number;
  /** Numbers out of each layer; the last is the size of a projection. */
  widths: readonly number[];
  /** What follows the last layer: nothing, batch norm, or batch norm without scale and shift. */
  lastNorm: 'none' | 'batch-norm' | 'batch-norm-plain';
  /** Bias of the last layer; default: only where no batch norm follows, which would take it off again. */
  lastBias?: boolean;
}

/**
 * A projection or prediction head of any depth: linear layers without bias, each but the last followed by batch norm and
 * ReLU. Layer i is `layers.{3 i}`, its batch norm `layers.{3 i + 1}`, as in lightly's heads. [N, in] → [N, widths.at(-1)].
 * @throws UsageError for no layer, or a width that is no whole number from 1
 */
export function projection(options: ProjectionOptions): Module {
  const { widths, lastNorm, lastBias = lastNorm === 'none' } = options;
  if (widths.length === 0 || widths.some((width) => !Number.isInteger(width) || width < 1))
    throw new UsageError(`projection: widths must be one whole number from 1 or more, got [${widths.join(', ')}]`);
  const last = widths.length - 1;
  return sequence(
    ...widths.flatMap((out, i) => {
      const from = i === 0 ? options.in : (widths[i - 1] as number);
      const norm = (affine: boolean, relu = false) =>
        named(`layers.${3 * i + 1}`, batchNorm({ size: out, affine, relu }));
      const layer = named(`layers.${3 * i}`, linear({ in: from, out, bias: i === last && lastBias }));
      if (i < last) return [layer, norm(true, true)];
      return lastNorm === 'none' ? [layer] : [layer, norm(lastNorm === 'batch-norm')];
    }),
  );
}
