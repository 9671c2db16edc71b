import type { RunSpec, TrainingPlace } from '#lib/contracts';
import { deviceMemory, native, type StepTrace, traceStep } from '#lib/engine';
import { batchMemory, estimateMemory, memoryRefusal } from '#lib/training';

/**
 * What `openSession` asks before it takes memory: refuses a spec that this machine has too little of, in the words in which
 * control refuses one that no worker has enough for.
 */
export function admissionHere(spec: RunSpec, place = placeHere()): (trace: StepTrace) => void {
  return (seen) => {
    if (!place) return;
    const memory = estimateMemory(seen, spec.engine);
    const refusal = memoryRefusal(spec.batch, memory, batchMemory(spec, traceStep), [place]);
    if (refusal) throw refusal;
  };
}

function placeHere(): TrainingPlace | undefined {
  const memory = deviceMemory(native().device);
  return memory ? { name: memory.device === 'gpu' ? "this machine's GPU" : 'this machine', ...memory } : undefined;
}
