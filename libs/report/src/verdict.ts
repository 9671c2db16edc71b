import type { CompareRow, Comparison } from '#lib/contracts';
import { count, duration, percent } from '#lib/figures';

import { joined, points } from './format.ts';
import { wilson } from './wilson.ts';

/** What a reader wants first, in sentences. */
export interface Verdict {
  /** which did best and by how much, or why that can't be said */
  headline: string;
  /** cost, baselines, uncertainty */
  details: string[];
  /** the row that measured best, whether or not it can be called the winner; null: nothing was measured */
  best: CompareRow | null;
  isDecided: boolean;
}

type Metric = 'linear' | 'knn';
const metricWords = { linear: 'top-1 of the linear probe', knn: 'top-1 of k-NN' } as const;

interface Candidate {
  row: CompareRow;
  value: number;
  /** standard deviation over seeds; null for one seed */
  spread: number | null;
  seeds: number;
  low: number;
  high: number;
}

/** A row that stands for itself, and the runs that it stands for. */
export interface Standing {
  row: CompareRow;
  runs: CompareRow[];
}

/** What is compared: a group of seeds takes the place of its runs, which come just before it. */
export function standings(rows: readonly CompareRow[]): Standing[] {
  const taken: Standing[] = [];
  for (const row of rows) {
    if (row.row === 'group') taken.push({ row, runs: taken.splice(-row.seeds.length).flatMap(({ runs }) => runs) });
    else if (row.row === 'run') taken.push({ row, runs: [row] });
  }
  return taken;
}

/** The figure that most rows have; of two that as many have, the linear probe's, which the field reports. */
function metricOf(all: readonly Standing[]): Metric {
  const have = (metric: Metric) => all.filter(({ row }) => row[metric] !== null).length;
  return have('knn') > have('linear') ? 'knn' : 'linear';
}

/**
 * Says which row did best, by how much, at what cost and with what uncertainty. A winner is named only where there is ground for it: the 95 % intervals of the measured
 * accuracies are apart, and where both have several seeds, so are their means ± standard deviation. Of rows with one seed only the runs are spoken of,
 * not the methods.
 */
export function verdict(comparison: Comparison): Verdict {
  const all = standings(comparison.rows);
  const metric = metricOf(all);
  const measured = all.flatMap((standing) => candidate(standing, metric, comparison.evalSamples) ?? []);
  measured.sort((a, b) => b.value - a.value);
  const [best, second] = measured;
  if (!best)
    return {
      headline: `Nothing was measured yet: ${all.length === 1 ? 'the run has no' : 'none of the runs has a'} figure on eval.`,
      details: comparison.notes.map(sentence),
      best: null,
      isDecided: false,
    };
  const tied = measured.slice(1).filter((other) => doubts(best, other).length > 0);
  return {
    headline: second ? rankedHeadline(best, second, tied, metric) : aloneHeadline(best, metric),
    details: [
      baselineSentence(best, comparison, metric),
      costSentence(best, second),
      measurementSentence([best, ...(tied.length > 0 ? tied : second ? [second] : [])], comparison.evalSamples),
      seedSentence([best, ...(tied.length > 0 ? tied : second ? [second] : [])]),
      ...leftOut(all, measured, metric),
      ...unfinished(all),
      ...comparison.notes.map(sentence),
    ],
    best: best.row,
    isDecided: second !== undefined && tied.length === 0,
  };
}

function candidate({ row, runs }: Standing, metric: Metric, samples: number): Candidate | undefined {
  const value = row[metric];
  if (value === null) return undefined;
  const seeds = runs.filter((run) => run[metric] !== null).length;
  return { row, value, spread: row.spread?.[metric] ?? null, seeds, ...wilson(value, samples) };
}

/** What keeps one from being called better than another; nothing where there is ground for it. */
function doubts(best: Candidate, other: Candidate): string[] {
  const [a, b] = [best.spread, other.spread];
  return [
    ...(overlaps(best, other) ? ['the 95 % intervals of the measured accuracies overlap'] : []),
    ...(a !== null && b !== null && best.value - a <= other.value + b ? ['the spreads over seeds overlap'] : []),
  ];
}

/** The label of a group ends in its number of seeds, which the figure says. */
const named = ({ row }: Candidate): string => (row.row === 'group' ? row.label.replace(/, \d+ seeds$/, '') : row.label);
const figureWords = ({ value, spread, seeds }: Candidate): string =>
  spread === null ? percent(value) : `${percent(value)} ± ${points(spread)} over ${seeds} seeds`;

const aloneHeadline = (best: Candidate, metric: Metric): string =>
  `${named(best)} reached ${figureWords(best)}, ${metricWords[metric]} on eval; nothing but baselines is there to compare it with.`;

function rankedHeadline(best: Candidate, second: Candidate, tied: Candidate[], metric: Metric): string {
  const last = tied.at(-1);
  if (last) {
    const figures = joined([best, ...tied].map((each) => `${named(each)} ${figureWords(each)}`));
    const apart = `${tied.length > 1 ? 'at most ' : ''}${points(best.value - last.value)} apart`;
    const why = joined([...new Set(tied.flatMap((other) => doubts(best, other)))]);
    return `No winner can be named: ${figures} (${metricWords[metric]} on eval) are ${apart}, and ${why}.`;
  }
  const isOneSeed = best.spread === null || second.spread === null;
  return `${isOneSeed ? 'Of these runs, ' : ''}${named(best)} did best: ${figureWords(best)} against ${figureWords(second)} of ${named(second)}, ${metricWords[metric]} on eval, ${points(best.value - second.value)} ahead of the second.`;
}

function baselineSentence(best: Candidate, { rows, evalSamples }: Comparison, metric: Metric): string {
  const { row, value } = best;
  const baselines = rows.filter(
    (other) =>
      other[metric] !== null &&
      (other.row === 'pixels' || (other.row === 'untrained' && other.backbone === row.backbone)),
  );
  if (baselines.length === 0) return `No baseline was measured, so nothing says how much of ${named(best)} is learnt.`;
  const parts = baselines.map((other) => {
    const difference = value - (other[metric] as number);
    return `${points(difference)} ${difference < 0 ? 'below' : 'over'} ${other.label} (${percent(other[metric])})`;
  });
  const unclear = baselines.filter((other) => overlaps(best, wilson(other[metric] as number, evalSamples)));
  const beaten = baselines.some((other) => wilson(other[metric] as number, evalSamples).low > best.high);
  const ends = [
    ...(beaten ? ['pretraining did not pay here'] : []),
    ...(unclear.length > 0
      ? [`the difference to ${joined(unclear.map(({ label }) => label))} is within the uncertainty of the measuring`]
      : []),
  ];
  return `${named(best)} is ${joined(parts)}${ends.length > 0 ? `: ${ends.join('; ')}` : ''}.`;
}

const overlaps = (a: { low: number; high: number }, b: { low: number; high: number }): boolean =>
  a.low <= b.high && b.low <= a.high;

function costSentence(best: Candidate, second: Candidate | undefined): string {
  const cost = ({ row: { trainSeconds, imagesSeen } }: Candidate) =>
    `${trainSeconds === null ? 'an unknown time' : duration(trainSeconds)} of training and ${count(imagesSeen)} images seen`;
  const each = (candidate: Candidate) => (candidate.seeds > 1 ? ' a run' : '');
  return `It took ${cost(best)}${each(best)}${second ? `; ${named(second)} took ${cost(second)}${each(second)}` : ''}.`;
}

function measurementSentence(compared: Candidate[], samples: number): string {
  const intervals = compared.map(
    (each) => `${(100 * each.low).toFixed(2)} to ${(100 * each.high).toFixed(2)} % for ${named(each)}`,
  );
  return `Measured on ${count(samples)} images of eval; the binomial 95 % interval of an accuracy counted on so many is ${joined(intervals)}. That is the uncertainty of the measuring, and another thing than what a different seed would change.`;
}

function seedSentence(compared: Candidate[]): string {
  const parts = compared.flatMap((each) =>
    each.spread === null
      ? []
      : [`over ${each.seeds} seeds ${named(each)} has a standard deviation of ${points(each.spread)} (n − 1)`],
  );
  const single = compared.filter(({ spread }) => spread === null);
  if (single.length > 0)
    parts.push(
      `of ${joined(single.map(named))} there is one seed${single.length === 1 ? '' : ' each'}, which gives no spread: how much of the figure is luck of the seed is not known`,
    );
  return sentence(parts.join('; '));
}

function leftOut(all: Standing[], measured: Candidate[], metric: Metric): string[] {
  const without = all.filter(({ row }) => !measured.some((candidate) => candidate.row === row));
  if (without.length === 0) return [];
  return [`Not ranked, for want of ${metricWords[metric]} on eval: ${joined(without.map(({ row }) => row.label))}.`];
}

function unfinished(all: Standing[]): string[] {
  const going = all.flatMap(({ runs }) => runs).filter(({ state }) => state !== null && state !== 'finished');
  if (going.length === 0) return [];
  return [`Not finished when this was written: ${joined(going.map(({ label, state }) => `${label} (${state})`))}.`];
}

const sentence = (text: string): string =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}${text.endsWith('.') ? '' : '.'}`;
