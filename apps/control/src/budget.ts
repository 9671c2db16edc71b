import { type RunBudget, type RunSpec, UsageError } from '#lib/contracts';
import { plannedSteps, stepsPerEpoch } from '#lib/sampling';

import { parseValue } from './changes.ts';

const lengths = ['epochs', 'images', 'minutes'] as const;

/** Whether a key of a change says how long a run trains. */
export const isLength = (key: string): boolean => key === 'budget' || (lengths as readonly string[]).includes(key);

/**
 * Changes in which `images=…` and `minutes=…` have become the spec's budget, and `epochs=…` has ended a recipe's own.
 * @throws UsageError for two lengths at once, or one that is no positive number
 */
export function withBudget(changes: Record<string, string>): Record<string, string> {
  const given = lengths.filter((key) => changes[key] !== undefined);
  const [first, second] = given;
  if (first === undefined) return changes;
  if (second !== undefined || changes['budget'] !== undefined)
    throw new UsageError(`${first} and ${second ?? 'budget'}: a run has one length`, {
      field: second ?? 'budget',
      remedy: `give one of ${lengths.join(', ')}`,
    });
  if (first === 'epochs') return { ...changes, budget: 'null' };
  const { [first]: text, ...others } = changes;
  return { ...others, budget: JSON.stringify({ [first]: amount(first, text as string) }) };
}

function amount(key: 'images' | 'minutes', text: string): number {
  const value = parseValue(key, text);
  if (
    typeof value === 'number' &&
    value > 0 &&
    Number.isFinite(value) &&
    (key === 'minutes' || Number.isInteger(value))
  )
    return value;
  const allowed = key === 'images' ? 'a whole number above 0' : 'a number above 0';
  throw new UsageError(`${key}: must be ${allowed}; got ${text}`, { field: key, remedy: `for example ${key}=10` });
}

/** The epochs that a budget of images reaches into; those of the spec where it has none, or one in minutes. */
export function epochsOf(
  spec: Pick<RunSpec, 'batch' | 'epochs'> & { budget: RunBudget | null },
  samples: number,
): number {
  const steps =
    spec.budget !== null && samples >= spec.batch
      ? plannedSteps({ ...spec, dataset: { trainSamples: samples } })
      : undefined;
  return steps === undefined ? spec.epochs : Math.ceil(steps / stepsPerEpoch(samples, spec.batch));
}
