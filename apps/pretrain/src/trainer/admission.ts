import type { RunSpec, TrainingPlace } from '#lib/contracts';
import { deviceMemory, native, type StepTrace, traceStep } from '#lib/engine';
import { batchMemory, estimateMemory, memoryRefusal, type TraceStep } from '#lib/training';

import { zerosOf } from './session.ts';

const trace: TraceStep = ({ fn, state, inputs }) => traceStep(fn, { state: zerosOf(state), inputs });

/**
 * What `openSession` asks before it takes memory: refuses a spec that this machine has too little of, in the words in which
 * control refuses one that no worker has enough for.
 */
export function admissionHere(spec: RunSpec, place = placeHere()): (trace: StepTrace) => void {
  return (seen) => {
    if (!place) return;
    const { allows, estimate } = batchMemory(spec, trace);
    const known = (batch: number) => (batch === spec.batch ? estimateMemory(seen, spec.engine) : estimate(batch));
    const refusal = memoryRefusal(spec.batch, { allows, estimate: known }, [place]);
    if (refusal) throw refusal;
  };
}

function placeHere(): TrainingPlace | undefined {
  const memory = deviceMemory(native().device);
  return memory ? { name: memory.device === 'gpu' ? "this machine's GPU" : 'this machine', ...memory } : undefined;
}
