import type { Fault } from '#lib/faults';
import type { Draws } from '#lib/sampling';

import type { Scenario } from './scenario.ts';

/** A process that is killed takes its children with it. */
const parents: Record<string, string> = { trainer: 'pretrain', measure: 'probe' };
const familyOf = ({ process }: Fault): string => parents[process] ?? process;

/**
 * Several scenarios in one play: in each family of processes one, and a second that is passed later, so that none keeps another from
 * happening. Which ones come together is drawn.
 *
 * @param scenarios of one fault each and nothing else, in the order in which their points are passed
 */
export function grouped(scenarios: readonly Scenario[], draws: Draws): Scenario[] {
  const families = new Map<string, Scenario[]>();
  for (const scenario of scenarios) {
    const family = familyOf(onlyFault(scenario));
    families.set(family, [...(families.get(family) ?? []), scenario]);
  }
  const chains = [...families.values()].map((family) => draws.shuffle(chained(family, draws)));
  const count = Math.max(0, ...chains.map(({ length }) => length));
  return Array.from({ length: count }, (_, i) => together(chains.flatMap((family) => family[i] ?? [])));
}

/** Pairs of a family, of the first half of its points and of the second; what is to happen in the midst of many passings stays alone. */
function chained(family: readonly Scenario[], draws: Draws): Scenario[][] {
  const first = family.filter((scenario) => onlyFault(scenario).nth === 1);
  const alone = family.filter((scenario) => onlyFault(scenario).nth > 1).map((scenario) => [scenario]);
  const half = Math.ceil(first.length / 2);
  const later = draws.shuffle(first.slice(half));
  return [...first.slice(0, half).map((scenario, i) => [scenario, ...(later[i] ? [later[i]] : [])]), ...alone];
}

/** One scenario of the faults of several. */
function together(scenarios: readonly Scenario[]): Scenario {
  const [first] = scenarios as [Scenario];
  return {
    name: scenarios.map(({ name }) => name).join('; '),
    options: {
      ...first.options,
      more: [...new Set(scenarios.flatMap(({ options }) => options.more ?? []))],
      faults: scenarios.map(onlyFault),
    },
    parts: scenarios,
  };
}

function onlyFault({ name, options }: Scenario): Fault {
  const [fault, ...others] = options.faults ?? [];
  if (!fault || others.length > 0) throw new Error(`${name}: expected one fault`);
  return fault;
}
