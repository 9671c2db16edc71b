import { type Outcome, differences, leftovers, outcomeOf, strayFiles } from './judge.ts';
import { play } from './play.ts';
import { FaultStack, type StackOptions } from './stack.ts';

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
}

export interface Verdict {
  name: string;
  seconds: number;
  /** what went wrong that should not have; none: passed */
  failures: string[];
}

/** Plays a scenario and judges what is left. @param calm what came of the undisturbed play */
export async function judge(scenario: Scenario, calm: Outcome): Promise<Verdict> {
  const startedMs = performance.now();
  const failures: string[] = [];
  const { changes, options } = scenario;
  const wanted = changes ? await undisturbed({ storage: options.storage }, changes) : calm;
  const stack = await FaultStack.start(options);
  const over = new AbortController();
  const disturbing = scenario.disturb?.(stack, over.signal).catch((error: unknown) => {
    if (!over.signal.aborted) failures.push(`the disturbance failed: ${String(error)}`);
  });
  try {
    await play(stack, changes);
    over.abort();
    await disturbing;
    failures.push(...differences(await outcomeOf(stack), wanted, scenario.evicts), ...(await leftovers(stack)));
    const faults = options.faults ?? [];
    const happened = scenario.hasHappened?.(stack) ?? faults.every((_, i) => stack.hasHappened(i));
    if (!happened) failures.push('what was to go wrong never did');
  } catch (error) {
    failures.push(error instanceof Error ? error.message : String(error));
  } finally {
    over.abort();
    await disturbing; // it may be about to start a server again
    failures.push(...(await stack.end()).map((left) => `a process is left: ${left}`));
    if (failures.length === 0) failures.push(...(await strayFiles(stack)).map((path) => `a file is left: ${path}`));
    await stack[Symbol.asyncDispose]();
  }
  return { name: scenario.name, seconds: (performance.now() - startedMs) / 1000, failures };
}

/** The play that the others are compared with, and the points that it passed, with how often. */
export async function undisturbed(options: StackOptions, changes?: Record<string, string>): Promise<Outcome> {
  await using stack = await FaultStack.start(options);
  await play(stack, changes);
  const left = await leftovers(stack);
  if (left.length > 0) throw new Error(`an undisturbed play leaves something behind: ${left.join('; ')}`);
  return await outcomeOf(stack);
}
