import { type OptimiserOptions } from '#lib/contracts';

import { adam } from './adam.ts';
import { adamw } from './adamw.ts';
import { lamb } from './lamb.ts';
import { lars } from './lars.ts';
import { type Optimiser } from './optimiser.ts';
import { sgd } from './sgd.ts';

/**
 * The optimiser that a run's spec names. Its weight decay is an argument of each update, since it depends on the parameter.
 * @throws UsageError for options that don't go together
 */
export function buildOptimiser(options: OptimiserOptions): Optimiser {
  switch (options.name) {
    case 'sgd':
      return sgd(options);
    case 'adam':
      return adam(options);
    case 'adamw':
      return adamw(options);
    case 'lars':
      return lars(options);
    case 'lamb':
      return lamb(options);
  }
}
