import { type RunSpec, viewSizes } from '#lib/contracts';
import { findMethod, type MethodInstance } from '#lib/methods';
import { buildOptimiser, type Optimiser } from '#lib/optim';

import { type TrainingStep, trainingStep } from './training-step.ts';

/**
 * The method that a spec describes, built for its backbone and image size.
 * @throws UsageError for what does not fit together
 */
export function instanceOfSpec({
  method: { name, options },
  backbone,
  image,
}: Pick<RunSpec, 'method' | 'backbone' | 'image'>): MethodInstance {
  const { size, mean, std } = image;
  return findMethod(name).build({
    backbone,
    image: { height: size, width: size, channels: 3 },
    pixels: { mean, std },
    options,
  });
}

export interface SpecStep extends TrainingStep {
  instance: MethodInstance;
  optimiser: Optimiser;
}

/**
 * The training step that a spec describes: its method built for its backbone and image size, its optimiser, its batch.
 * @param options.sideBySide computes the batch in halves where the method lets it and views alone make no two sides
 * @throws UsageError for what does not fit together
 */
export function stepOfSpec(spec: RunSpec, { sideBySide = false } = {}): SpecStep {
  const instance = instanceOfSpec(spec);
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
    parts: sideBySide && hasHalves(spec, instance) ? 2 : 1,
  });
  return { ...step, instance, optimiser };
}

/** Whether a step has two parts that need nothing of each other before their gradients meet: views, or halves of the batch. */
export const hasSides = (spec: RunSpec): boolean =>
  spec.engine === 'captured' && (viewSizes(spec.views).length > 1 || hasHalves(spec, instanceOfSpec(spec)));

/** Several views are two sides already, and share statistics over the batch. */
const hasHalves = ({ views, batch }: RunSpec, { isMeanOverImages = false }: MethodInstance): boolean =>
  viewSizes(views).length === 1 && isMeanOverImages && batch % 2 === 0;
