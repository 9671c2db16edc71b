import { BadInputError } from '#lib/bus';
import { type Computation, computationInWords, type ComputationWay, type RunSpec, type Trial } from '#lib/contracts';

import type { Machine } from './resolve.ts';

/** Times a few steps of the run's spec, computed in one way. */
export type TimeSteps = (way: ComputationWay) => Promise<Trial>;

const plain: ComputationWay = { precision: 'float32', xla: false, sideBySide: false };
/** By so much another way must beat plain float32: less than this is the noise of a short trial. */
const leastGain = 1.03;

/**
 * Decides what a run computes in: as the spec says, or by a timed trial of each way that this machine has.
 *
 * @param options.hasSides whether the step has two parts that may be computed side by side
 * @param time times steps; called for `precision: auto` and for a budget in minutes
 * @throws BadInputError for a spec that asks for bfloat16 on a machine without it, or whose plain float32 step fails
 */
export async function chooseComputation(
  spec: Pick<RunSpec, 'precision' | 'engine' | 'budget'>,
  machine: Machine,
  time: TimeSteps,
  { hasSides = false } = {},
): Promise<{ computation: Computation; trial: Trial | null }> {
  const { precision, engine } = spec;
  if (precision === 'auto' && engine === 'captured') return fastest(machine, hasSides, time);
  if (precision === 'bfloat16' && !machine.bfloat16)
    throw new BadInputError('precision: bfloat16 is asked for, and this machine has no units for it', {
      remedy: 'use precision=auto or float32, or a CPU with avx512_bf16 or amx_bf16, or a GPU from Ampere on',
    });
  const way = { ...plain, precision: precision === 'auto' ? 'float32' : precision } as const;
  const why = precision === 'auto' ? 'the eager engine has no other' : 'the spec says so';
  const isTimed = spec.budget !== null && 'minutes' in spec.budget;
  return { computation: { ...way, why, trials: [] }, trial: isTimed ? await time(way) : null };
}

interface Tried {
  way: ComputationWay;
  trial: Trial | null;
  failure: string | null;
}

async function fastest(
  machine: Machine,
  hasSides: boolean,
  time: TimeSteps,
): Promise<{ computation: Computation; trial: Trial }> {
  const first = await time(plain); // a spec whose plain step fails has no other way
  const tried: Tried[] = [{ way: plain, trial: first, failure: null }];
  for (const way of otherWays(machine)) tried.push({ way, ...(await attempt(way, time)) });
  if (hasSides && machine.device === 'cpu' && machine.threads > 1) {
    const way = { ...bestOf(tried, first).way, sideBySide: true }; // once: it changes little about which of the others is best
    tried.push({ way, ...(await attempt(way, time)) });
  }
  const best = bestOf(tried, first);
  const trials = tried.map(({ way, trial, failure }) => ({
    ...way,
    secondsPerStep: trial?.secondsPerStep ?? null,
    failure,
  }));
  return { computation: { ...best.way, why: reason(best, tried), trials }, trial: best.trial };
}

/** The fastest, where it gains more than noise does; else the plain one. */
const bestOf = (tried: readonly Tried[], first: Trial): { way: ComputationWay; trial: Trial } =>
  tried.reduce<{ way: ComputationWay; trial: Trial }>(
    (a, { way, trial }) => (trial && gain(trial, first) >= leastGain && gain(trial, a.trial) > 1 ? { way, trial } : a),
    { way: plain, trial: first },
  );

const gain = (trial: Trial, than: Trial): number => than.secondsPerStep / trial.secondsPerStep;

function otherWays({ bfloat16 }: Machine): ComputationWay[] {
  const narrow = { ...plain, precision: 'bfloat16' } as const;
  return [{ ...plain, xla: true }, ...(bfloat16 ? [narrow, { ...narrow, xla: true }] : [])];
}

/** A way that this machine can't go is no fault of the spec. */
async function attempt(way: ComputationWay, time: TimeSteps): Promise<{ trial: Trial | null; failure: string | null }> {
  try {
    return { trial: await time(way), failure: null };
  } catch (error) {
    if (!(error instanceof BadInputError)) throw error; // the worker drains or lost the job
    return { trial: null, failure: error.message };
  }
}

function reason(best: { way: ComputationWay }, tried: readonly Tried[]): string {
  const figures = tried.map(({ way, trial }) => {
    const figure = trial ? `${(1000 * trial.secondsPerStep).toFixed(0)} ms a step` : 'failed';
    return `${computationInWords(way)} ${figure}`;
  });
  const isPlain = best.way === plain;
  return `${isPlain ? 'nothing was faster' : 'the fastest'} in a short trial: ${figures.join(', ')}`;
}
