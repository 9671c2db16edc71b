import type { WeightsFormat } from '#lib/contracts';

/** How one project names the tensors of its files. */
export interface WeightNaming {
  format: WeightsFormat;
  /** Whose files these are, for messages. */
  title: string;
  /** Backbones whose encoder has these names. */
  backbones: readonly string[];
  /** Whether the names of a file are of this kind, also where some are missing. */
  recognises(names: readonly string[]): boolean;
  /** The encoder's parameter that a tensor is; null for what no encoder needs: classifiers, decoders, counters. */
  parameterOf(name: string): string | null;
}
