import {
  type MonitorReading,
  type StepMetrics,
  type StopperState,
  type StoppingRule,
  type TuneReading,
  UnlabelError,
} from '#lib/contracts';

/** A stopper that has seen nothing. */
export const freshStopper = (rules: readonly StoppingRule[]): StopperState => ({
  epochLossSum: 0,
  epochLossCount: 0,
  rules: rules.map(() => ({ best: null, without: 0 })),
  reason: null,
});

/** What a step gives a stopper to decide on. */
export interface Seen extends Pick<StepMetrics, 'step' | 'loss' | 'monitors' | 'tuneProbe'> {
  /** whether the step is the last of its epoch */
  epochEnds: boolean;
}

/**
 * Takes a step in: adds its loss to the mean of the running epoch, and gives each rule whose figure has come its count. A
 * rule whose count reaches its patience is the reason to stop. It is a pure function of what was seen, so that a run which
 * goes on from a checkpoint decides as the undisturbed one.
 */
export function observe(state: StopperState, rules: readonly StoppingRule[], seen: Seen): StopperState {
  const epochLossSum = state.epochLossSum + seen.loss;
  const epochLossCount = state.epochLossCount + 1;
  const epochLoss = seen.epochEnds ? epochLossSum / epochLossCount : undefined;
  let reason = state.reason;
  const next = rules.map((rule, i) => {
    const before = state.rules[i];
    if (!before) throw new UnlabelError(`early stopping: there is no state of rule ${i + 1} (${rule.on})`);
    const after = judge(rule, before, seen, epochLoss);
    if (after !== before && after.without >= patience(rule)) reason ??= reasonOf(rule, seen.step, after.best);
    return after;
  });
  return {
    epochLossSum: seen.epochEnds ? 0 : epochLossSum,
    epochLossCount: seen.epochEnds ? 0 : epochLossCount,
    rules: next,
    reason,
  };
}

type RuleState = StopperState['rules'][number];

function judge(rule: StoppingRule, before: RuleState, seen: Seen, epochLoss: number | undefined): RuleState {
  if (rule.on === 'collapse') return seen.monitors ? judgeCollapse(rule.belowPart, before, seen.monitors) : before;
  const value = rule.on === 'loss' ? epochLoss : followed(rule.on, seen.monitors, seen.tuneProbe);
  if (value === undefined) return before;
  const { best } = before;
  const improved = best === null || isBetter(rule, value, best);
  return improved ? { best: value, without: 0 } : { best, without: before.without + 1 };
}

/** Standing still is no improvement, also without a minimum change. */
function isBetter({ on, minChange }: Exclude<StoppingRule, { on: 'collapse' }>, value: number, best: number): boolean {
  if (value === best) return false;
  return on === 'loss' ? value <= best - minChange : value >= best + minChange;
}

function followed(
  on: Exclude<StoppingRule['on'], 'loss' | 'collapse'>,
  monitors: MonitorReading | undefined,
  tuneProbe: TuneReading | undefined,
): number | undefined {
  if (on === 'online-knn') return monitors?.onlineKnn;
  if (on === 'embedding-std') return monitors?.embeddingStd;
  if (on === 'rankme') return monitors?.rankMe;
  return on === 'probe-knn' ? tuneProbe?.knn : tuneProbe?.linear;
}

/** `best` holds the last reading. */
function judgeCollapse(
  belowPart: number,
  before: RuleState,
  { embeddingStd, embeddingSize }: MonitorReading,
): RuleState {
  const isCollapsed = embeddingStd < belowPart / Math.sqrt(embeddingSize);
  return { best: embeddingStd, without: isCollapsed ? before.without + 1 : 0 };
}

const patience = (rule: StoppingRule): number =>
  'patienceEpochs' in rule
    ? rule.patienceEpochs
    : 'patienceProbes' in rule
      ? rule.patienceProbes
      : rule.patienceReadings;

function reasonOf(rule: StoppingRule, step: number, best: number | null): string {
  const stopped = `stopped early at step ${step}`;
  if (rule.on === 'collapse')
    return `${stopped}: the embeddings collapsed: their standard deviation was below ${rule.belowPart} of 1/√D for ${rule.patienceReadings} readings, last ${best?.toPrecision(3)}`;
  const unit = rule.on === 'loss' ? 'epochs' : rule.on.startsWith('probe-') ? 'probes' : 'readings';
  const change = rule.minChange > 0 ? ` by ${rule.minChange}` : '';
  return `${stopped}: ${rule.on} did not ${rule.on === 'loss' ? 'fall' : 'rise'}${change} in ${patience(rule)} ${unit}; its best was ${best?.toPrecision(4)}`;
}
