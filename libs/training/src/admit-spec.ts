import { type Admission, type RunModel, type RunSpec, type TrainingPlace, UsageError } from '#lib/contracts';
import { modelTable } from '#lib/nn';

import { type BatchMemory, estimateMemory, memoryRefusal } from './memory-estimate.ts';
import { instanceOfSpec, type SpecStep, stepOfSpec } from './step-of-spec.ts';
import type { StepTrace } from './step-memory.ts';

/** Finds what a step's memory depends on without running it; the engine's `traceStep` on state of zeros. */
export type TraceStep = (step: SpecStep) => StepTrace;

/** The model that a spec describes as a table, and what training it takes. */
export function modelOfSpec(spec: RunSpec, trace: TraceStep): RunModel {
  const step = stepOfSpec(spec);
  return {
    format: 'unlabel.run-model',
    version: 1,
    ...modelTable(step.instance.encoder, step.instance.parameters),
    memory: estimateMemory(trace(step), spec.engine),
  };
}

/** Estimates of a spec with other batches. */
export function batchMemory(spec: RunSpec, trace: TraceStep): BatchMemory {
  const instance = instanceOfSpec(spec);
  return {
    allows(batch) {
      try {
        instance.inputs({ batch });
        return true;
      } catch (error) {
        if (error instanceof UsageError) return false;
        throw error;
      }
    },
    estimate: (batch) => estimateMemory(trace(stepOfSpec({ ...spec, batch })), spec.engine),
  };
}

/** Looks at a spec before it starts: its model, and whether it fits in the memory of one of the places. */
export function admitSpec(spec: RunSpec, places: readonly TrainingPlace[], trace: TraceStep): Admission {
  const model = modelOfSpec(spec, trace);
  const refusal = memoryRefusal(spec.batch, model.memory, batchMemory(spec, trace), places);
  return {
    model,
    refusal: refusal
      ? { message: refusal.message, remedy: refusal.remedy as string, field: refusal.field as string }
      : null,
  };
}
