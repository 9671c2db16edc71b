import type { RunSpec } from '#lib/contracts';
import { findMethod, type MethodInstance } from '#lib/methods';
import { buildOptimiser, type Optimiser } from '#lib/optim';
import { viewSizes } from '#lib/transforms';

import { type TrainingStep, trainingStep } from './training-step.ts';

export interface SpecStep extends TrainingStep {
  instance: MethodInstance;
  optimiser: Optimiser;
}

/**
 * The training step that a spec describes: its method built for its backbone and image size, its optimiser, its batch.
 * @throws UsageError for what does not fit together
 */
export function stepOfSpec(spec: RunSpec): SpecStep {
  const method = findMethod(spec.method.name);
  const image = { height: spec.image.size, width: spec.image.size, channels: 3 };
  const options: unknown = method.options.parse(spec.method.options);
  const instance = method.build({ backbone: spec.backbone, image, pixels: spec.image, options });
  const optimiser = buildOptimiser(spec.optimiser);
  const step = trainingStep({
    instance,
    optimiser,
    weightDecay: spec.optimiser.weightDecay,
    gradientClip: spec.gradientClip,
    batch: spec.batch,
    views: viewSizes(spec.views).map((size) => ({ height: size, width: size, channels: 3 })),
    mean: spec.image.mean,
    std: spec.image.std,
  });
  return { ...step, instance, optimiser };
}
