import { type MemoryEstimate, type RunSpec, type TrainingPlace, UsageError } from '#lib/contracts';

import { stepPeakBytes, type StepTrace } from './step-memory.ts';

/** Node, TensorFlow's library and the trainer's own code, once loaded; measured with TensorFlow 2.21 on x86-64 Linux. */
const runtimeBytes = 450e6;
/** Per operation of a recorded step: its node before and after TensorFlow's graph optimiser, and its kernel. Measured. */
const operationBytes = 30e3;
/** What the allocator takes over what tensors hold (freed pieces that fit nothing), kernels' scratch space included. Measured. */
const allocatorFactor = 1.25;
/** Copies of the state beside the step's own: as it was made or read, on its way in, and out again in a checkpoint. Measured. */
const stateCopies = 4.5;
/** CUDA's context and its libraries' workspaces. Assumed: no GPU was measured. */
const gpuContextBytes = 800e6;
/** Part of a machine's memory that one run may take; the rest is the system's and the other services'. */
const usablePart = 0.9;

/**
 * Estimates what training takes at its peak: runtime + operations + step × allocator + state × copies, where the step's part is
 * found from the sizes of all tensors and how long each is needed. A recorded step is made without memory (`traceStep`), so
 * nothing precedes the peak of the steps.
 */
export function estimateMemory(trace: StepTrace, engine: RunSpec['engine']): MemoryEstimate {
  const stateBytes = trace.state.reduce((total, { bytes }) => total + bytes, 0);
  const stepBytes = engine === 'eager' ? trace.eagerPeakBytes : stepPeakBytes(trace);
  const graphBytes = engine === 'eager' ? 0 : operationBytes * trace.operations.length;
  return {
    hostBytes: Math.round(runtimeBytes + graphBytes + allocatorFactor * stepBytes + stateCopies * stateBytes),
    deviceBytes: Math.round(gpuContextBytes + allocatorFactor * stepBytes),
    stateBytes,
    stepBytes,
  };
}

/** What a run needs of a place's memory, and what it may have of it. */
const neededAt = (memory: MemoryEstimate, { device }: TrainingPlace): number =>
  device === 'gpu' ? memory.deviceBytes : memory.hostBytes;
const usableAt = ({ bytes }: TrainingPlace): number => usablePart * bytes;

/** Whether a run fits the place with the memory that it may have there. */
export const fitsPlace = (memory: MemoryEstimate, place: TrainingPlace): boolean =>
  neededAt(memory, place) <= usableAt(place);

export interface BatchMemory {
  /** Whether the method can train on a batch; cheap. */
  allows(batch: number): boolean;
  estimate(batch: number): MemoryEstimate;
}

/**
 * Checks that a run fits one of the places; none given: nothing is known, and nothing refused.
 * @param memory what the batch takes
 * @param others what other batches would take, for the remedy
 * @returns undefined, or the refusal: what it takes, what there is, and the largest batch that fits
 */
export function memoryRefusal(
  batch: number,
  memory: MemoryEstimate,
  others: BatchMemory,
  places: readonly TrainingPlace[],
): UsageError | undefined {
  if (places.length === 0 || places.some((place) => fitsPlace(memory, place))) return undefined;
  const roomOf = (place: TrainingPlace) => usableAt(place) / neededAt(memory, place);
  const best = places.reduce((most, place) => (roomOf(place) > roomOf(most) ? place : most));
  const largest = largestBatch(batch, {
    allows: others.allows,
    bytes: (size) => neededAt(size === batch ? memory : others.estimate(size), best),
    availableBytes: usableAt(best),
  });
  return new UsageError(
    `batch: ${batch} takes about ${gigabytes(neededAt(memory, best))} of memory, ${best.name} has ${gigabytes(best.bytes)}, ` +
      `of which a run may take ${gigabytes(usableAt(best))}`,
    {
      field: 'batch',
      remedy:
        largest === undefined
          ? 'no batch fits: use a smaller model, smaller images, or a machine with more memory'
          : `use batch=${largest}, the largest that fits, or a machine with more memory`,
    },
  );
}

/** 12.3 GB, in units of 10⁹ bytes. */
export const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

/**
 * The largest allowed batch below `tooLarge` whose memory fits, or undefined. Memory grows with the batch, nearly by a line, so
 * that each guess is where the line through the two ends meets what is available.
 */
export function largestBatch(
  tooLarge: number,
  {
    allows,
    bytes,
    availableBytes,
  }: { allows(batch: number): boolean; bytes(batch: number): number; availableBytes: number },
): number | undefined {
  const allowed = (from: number, below: number, step: 1 | -1): number | undefined => {
    for (let batch = from; batch > 0 && batch < below; batch += step) if (allows(batch)) return batch;
    return undefined;
  };
  const smallest = allowed(1, tooLarge, 1);
  if (smallest === undefined) return undefined;
  let low = { batch: smallest, bytes: bytes(smallest) };
  let high = { batch: tooLarge, bytes: bytes(tooLarge) };
  if (low.bytes > availableBytes) return undefined;
  for (let round = 0; high.batch - low.batch > 1; round++) {
    const slope = (high.bytes - low.bytes) / (high.batch - low.batch);
    // Every third guess halves, so that a bent curve can't make it crawl.
    const wanted = round % 3 === 2 ? (low.batch + high.batch) / 2 : low.batch + (availableBytes - low.bytes) / slope;
    const guess = Math.min(Math.max(Math.floor(wanted), low.batch + 1), high.batch - 1);
    const down = allowed(guess, high.batch, -1);
    const next = down !== undefined && down > low.batch ? down : allowed(guess + 1, high.batch, 1);
    if (next === undefined) break; // nothing between the two is allowed
    const at = { batch: next, bytes: bytes(next) };
    if (at.bytes <= availableBytes) low = at;
    else high = at;
  }
  return low.batch;
}
