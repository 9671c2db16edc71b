import type { RunCurves } from '#lib/contracts';
import { bytes, figure, percent } from '#lib/figures';

/** One chart of a run: curves that share a unit. */
export interface ChartOfRun {
  title: string;
  /** curves by their names in `RunCurves`, with what the legend calls them */
  curves: { name: string; label: string }[];
  format: (value: number | null) => string;
  /** what it says, for those who do not know it */
  hint: string;
}

/** A title within a sentence: names such as RankMe stay as they are. */
const inSentence = (title: string): string =>
  /^.[a-z]*\b/.test(title) ? title.slice(0, 1).toLowerCase() + title.slice(1) : title;

const one = (
  name: string,
  title: string,
  hint: string,
  format: (value: number | null) => string = figure,
): ChartOfRun => ({
  title,
  curves: [{ name, label: inSentence(title) }],
  format,
  hint,
});

const rest: readonly ChartOfRun[] = [
  one('learningRate', 'Learning rate', 'of this step'),
  one('gradientNorm', 'Gradient norm', 'joint norm of all gradients, before any clipping'),
  one('imagesPerSecond', 'Images per second', 'the whole step, waiting included'),
  one('waitShare', 'Waiting for data', "part of a step's time that it waited for its batch", (value) =>
    percent(value, 1),
  ),
  one('embeddingStd', 'Embedding deviation', 'standard deviation of normalised embeddings; near 0: collapsed'),
  one('rankMe', 'RankMe', 'effective rank of the embeddings'),
  one('onlineKnn', 'Online k-NN', 'top-1 on images of tune, read while it trains', (value) => percent(value, 1)),
  {
    title: 'Processors',
    curves: [
      { name: 'cpuShare', label: 'CPU, of one core' },
      { name: 'gpuShare', label: 'GPU' },
    ],
    format: (value) => percent(value, 0),
    hint: 'of the training process; 200 % is two cores in full use',
  },
  {
    title: 'Memory',
    curves: [
      { name: 'memoryBytes', label: 'process' },
      { name: 'gpuMemoryBytes', label: 'GPU' },
    ],
    format: bytes,
    hint: 'resident memory of the training process',
  },
];

/** The loss and its terms, where it has several. */
function lossChart(names: readonly string[]): ChartOfRun {
  const terms = names.filter((name) => name.startsWith('terms.'));
  const shown = terms.length > 1 ? terms : [];
  return {
    title: 'Loss',
    curves: [
      { name: 'loss', label: shown.length > 0 ? 'sum' : 'loss' },
      ...shown.map((name) => ({ name, label: name.slice('terms.'.length) })),
    ],
    format: figure,
    hint: shown.length > 0 ? 'what is trained on, and the terms that it is the sum of' : 'what is trained on',
  };
}

/** The charts that a run has curves for, each without those that it lacks. */
export function chartsOf({ curves }: Pick<RunCurves, 'curves'>): ChartOfRun[] {
  return [lossChart(Object.keys(curves)), ...rest].flatMap((chart) => {
    const there = chart.curves.filter(({ name }) => name in curves);
    return there.length > 0 ? [{ ...chart, curves: there }] : [];
  });
}

/** A quantity's chart, for comparing runs by it. */
export function chartOfQuantity(name: string): ChartOfRun {
  const known = rest.find(({ curves }) => curves.some((curve) => curve.name === name));
  const label = known?.curves.find((curve) => curve.name === name)?.label ?? name.replace('terms.', 'loss term ');
  const title = known && known.curves.length === 1 ? known.title : name === 'loss' ? 'Loss' : label;
  return { title, curves: [{ name, label }], format: known?.format ?? figure, hint: known?.hint ?? '' };
}
