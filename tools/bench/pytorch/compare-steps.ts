import { join } from 'node:path';

import {
  computationInWords,
  type ComputationWay,
  type ComputePrecision,
  type RunSpec,
  UnlabelError,
} from '#lib/contracts';

import type { BenchContext, PythonHere } from '../bench.ts';
import { RefusedError } from '../measuring/line-child.ts';
import { median } from '../measuring/median.ts';
import { pairedRatio, type Side, takeTurns, type TurnsOptions } from '../measuring/turns.ts';
import { comparedSteps } from '../training/messages.ts';
import { OurStepProcess, warmUpSteps } from '../training/our-step-process.ts';
import { fits } from '../training/ways.ts';
import { specOfWork, type Work } from '../training/work.ts';

import type { TorchVariant } from './messages.ts';
import { TorchStepProcess } from './torch-step-process.ts';

/** One of our ways beside one of PyTorch's, in one session. */
export interface Pairing {
  ours: ComputationWay;
  torch: TorchVariant;
  /** medians of a step, in seconds */
  oursSeconds: number;
  torchSeconds: number;
  /** how many times as fast ours is: the median of the ratios within each round */
  ratio: number;
}

export interface Comparison {
  work: Work;
  batch: number;
  parameters: number;
  pairings: Pairing[];
  /** what could not be measured, and why */
  notes: string[];
}

/** Losses of one step in float32 that are further apart are of two different computations; rounding gives a tenth of it. */
const lossTolerance = 2e-4;

/** @throws UnlabelError if the two sides are not the same model, or do not compute the same losses */
export function checkSame(
  title: string,
  ours: { parameters: number; losses: readonly number[] },
  torch: { parameters: number; losses: readonly number[] },
): void {
  if (ours.parameters !== torch.parameters)
    throw new UnlabelError(
      `${title}: not the same model: ${ours.parameters} parameters here, ${torch.parameters} in PyTorch`,
    );
  const apart = ours.losses.findIndex((loss, step) => {
    const other = torch.losses[step] ?? NaN;
    return !(Math.abs(loss - other) <= lossTolerance * Math.max(1, Math.abs(loss)));
  });
  if (apart >= 0)
    throw new UnlabelError(
      `${title}: not the same step: the loss after ${apart} updates is ${ours.losses[apart]} here and ${torch.losses[apart]} in PyTorch`,
    );
}

/**
 * Compares our step with PyTorch's. Each of our ways has its turns with all of PyTorch's variants, in two processes that
 * live side by side; ratios are of steps of the same round.
 */
export async function compareSteps(
  work: Work,
  ways: readonly ComputationWay[],
  turns: TurnsOptions,
  context: BenchContext & { python: PythonHere },
): Promise<Comparison> {
  const { say } = context;
  const spec = await specOfWork(work);
  const notes: string[] = [];
  const pairings: Pairing[] = [];
  await using torch = await startSame(work, spec, context);
  const precisions = [...new Set(ways.map(({ precision }) => precision))];
  let sides = await warmSides(torch, precisions, (text) => notes.push(`${work.title}: ${text}`), say);
  for (const way of ways.filter((way) => fits(spec, way))) {
    await using ours = await OurStepProcess.start(spec, way, { device: 'cpu' });
    say(`${work.title}: ours in ${ours.name}`);
    await ours.run(warmUpSteps);
    const onRound = (round: number) => say(`round ${round} of ${turns.rounds}`);
    const seconds = await takeTurns([ours, ...sides], { ...turns, onRound });
    const own = sides.map(({ name, variant }) => pair(way, seconds.get(ours.name), variant, seconds.get(name)));
    pairings.push(...own);
    const contending = contenders(own);
    sides = sides.filter(({ variant }) => contending.includes(variant));
  }
  return { work, batch: spec.batch, parameters: torch.parameters, pairings, notes };
}

/** PyTorch's step, checked against ours in plain float32: the same parameters, and the same losses in the first steps. */
async function startSame(
  { name, title }: Work,
  spec: RunSpec,
  { folder, python, say }: BenchContext & { python: PythonHere },
): Promise<TorchStepProcess> {
  say(`${title}: both sides from the same state`);
  const file = join(folder, `${name}.safetensors`);
  await using ours = await OurStepProcess.start(
    spec,
    { precision: 'float32', xla: false, sideBySide: false },
    { file, device: 'cpu' },
  );
  const { losses } = await ours.ran(comparedSteps);
  const torch = await TorchStepProcess.start(spec, file, python);
  try {
    checkSame(title, { parameters: ours.parameters, losses }, torch);
  } catch (error) {
    await torch[Symbol.asyncDispose]();
    throw error;
  }
  return torch;
}

type TorchSide = Side & { variant: TorchVariant };

/** PyTorch's variants, each run so often that it is compiled and warm; one that does not run is left out with a note. */
async function warmSides(
  torch: TorchStepProcess,
  precisions: readonly ComputePrecision[],
  note: (text: string) => void,
  say: (line: string) => void,
): Promise<TorchSide[]> {
  const sides: TorchSide[] = [];
  for (const variant of torch.variants(precisions)) {
    const side = { ...torch.side(variant), variant };
    say(`PyTorch in ${side.name}`);
    try {
      await side.run(warmUpSteps);
      sides.push(side);
    } catch (error) {
      if (!(error instanceof RefusedError) || !variant.compile) throw error;
      note(`PyTorch in ${side.name} is left out: ${error.message}`); // most often: no C++ compiler
    }
  }
  return sides;
}

/** A variant of PyTorch's that is so many times as slow as its fastest of the same precision is not timed again. */
const outOfRace = 1.15;

/** The variants of PyTorch that may be its fastest of their precision. */
export function contenders(pairings: readonly Pairing[]): TorchVariant[] {
  const precisions = Map.groupBy(pairings, ({ torch }) => torch.precision);
  const close = [...precisions.values()].flatMap((own) => {
    const fastest = Math.min(...own.map(({ torchSeconds }) => torchSeconds));
    return own.filter(({ torchSeconds }) => torchSeconds <= outOfRace * fastest);
  });
  return close.map(({ torch }) => torch);
}

function pair(ours: ComputationWay, own: number[] = [], torch: TorchVariant, theirs: number[] = []): Pairing {
  return {
    ours,
    torch,
    oursSeconds: median(own),
    torchSeconds: median(theirs),
    ratio: pairedRatio(own, theirs),
  };
}

/**
 * The figure: the best of ours against the best of PyTorch's. Each of our ways counts by the variant of PyTorch that was
 * fastest beside it.
 *
 * @param precision of both sides; default: whatever is fastest on each
 * @returns undefined where nothing was paired
 */
export function bestPairing(pairings: readonly Pairing[], precision?: ComputePrecision): Pairing | undefined {
  const fits = (side: { precision: ComputePrecision }) => precision === undefined || side.precision === precision;
  const fitting = pairings.filter(({ ours, torch }) => fits(ours) && fits(torch));
  const hardest = [...Map.groupBy(fitting, ({ ours }) => computationInWords(ours)).values()].map((own) =>
    own.reduce((worst, pairing) => (pairing.ratio < worst.ratio ? pairing : worst)),
  );
  return hardest.length === 0 ? undefined : hardest.reduce((best, own) => (own.ratio > best.ratio ? own : best));
}
