import { type Outcome, differences, leftovers, outcomeOf, strayFiles } from './judge.ts';
import { play } from './play.ts';
import { ackWaitMs, FaultStack, type StackOptions } from './stack.ts';

/** Something that goes wrong while a run is ingested, trained and probed. */
export interface Scenario {
  name: string;
  options: StackOptions;
  /** of the run, beside those of every play: it is played undisturbed with them first */
  changes?: Record<string, string>;
  /** the budget of view blocks is small: some may be gone in the end */
  evicts?: boolean;
  /** What is done to the stack meanwhile; ends when `signal` is aborted, at the latest. */
  disturb?(stack: FaultStack, signal: AbortSignal): Promise<void>;
  /** Whether what was to go wrong did. @default every armed fault happened */
  hasHappened?(stack: FaultStack): boolean;
  /** those that it plays together, one for each of its faults */
  parts?: readonly Scenario[];
}

export interface Verdict {
  name: string;
  seconds: number;
  /** what went wrong that should not have; none: passed */
  failures: string[];
  /** parts of it of which the fault never happened, since another came before */
  missed: readonly Scenario[];
}

/** What is stopped goes on after this: longer than a lease lasts, so that another worker has the job by then. */
export const stoppedMs = 2.5 * ackWaitMs;

/** Plays a scenario and judges what is left. @param calm what came of the undisturbed play */
export async function judge(scenario: Scenario, calm: Outcome): Promise<Verdict> {
  const startedMs = performance.now();
  const failures: string[] = [];
  let missed: readonly Scenario[] = [];
  const { changes, options } = scenario;
  const wanted = changes ? await undisturbed({ storage: options.storage }, changes) : calm;
  const stack = await FaultStack.start(options);
  const over = new AbortController();
  const disturbing = scenario.disturb?.(stack, over.signal).catch((error: unknown) => {
    if (!over.signal.aborted) failures.push(`the disturbance failed: ${String(error)}`);
  });
  const continuing = setInterval(() => stack.continueStopped(stoppedMs), 100);
  try {
    await play(stack, changes);
    over.abort();
    await disturbing;
    failures.push(...differences(await outcomeOf(stack), wanted, scenario.evicts), ...(await leftovers(stack)));
    const faults = options.faults ?? [];
    const happened = scenario.hasHappened?.(stack) ?? faults.every((_, i) => stack.hasHappened(i));
    missed = (scenario.parts ?? []).filter((_, i) => !stack.hasHappened(i));
    if (!happened && missed.length === 0) failures.push('what was to go wrong never did');
  } catch (error) {
    failures.push(error instanceof Error ? error.message : String(error));
  } finally {
    clearInterval(continuing);
    over.abort();
    await disturbing; // it may be about to start a server again
    failures.push(...(await stack.end()).map((left) => `a process is left: ${left}`));
    if (failures.length === 0) failures.push(...(await strayFiles(stack)).map((path) => `a file is left: ${path}`));
    await stack[Symbol.asyncDispose]();
  }
  return { name: scenario.name, seconds: (performance.now() - startedMs) / 1000, failures, missed };
}

/** The play that the others are compared with, and the points that it passed, with how often. */
export async function undisturbed(options: StackOptions, changes?: Record<string, string>): Promise<Outcome> {
  await using stack = await FaultStack.start(options);
  await play(stack, changes);
  const left = await leftovers(stack);
  if (left.length > 0) throw new Error(`an undisturbed play leaves something behind: ${left.join('; ')}`);
  return await outcomeOf(stack);
}
