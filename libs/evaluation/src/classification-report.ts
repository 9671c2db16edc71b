import { UsageError } from '#lib/contracts';

export interface ClassFigures {
  /** Of what was predicted as the class, the share that is; 0 where nothing was. */
  precision: number;
  /** Of the class's rows, the share predicted as it; 0 without rows. */
  recall: number;
  /** 2PR / (P + R); 0 where P + R = 0. */
  f1: number;
}

export interface ClassReport extends ClassFigures {
  name: string;
  /** True rows of the class. */
  support: number;
}

export interface ClassificationReport {
  perClass: ClassReport[];
  /** Mean over all K classes; of F1 the mean of the F1s. */
  macro: ClassFigures;
  /** Mean over the classes that occur among labels or predictions, as scikit-learn without `labels`. */
  macroPresent: ClassFigures;
  /** Mean weighted by support. */
  weighted: ClassFigures;
  accuracy: number;
  samples: number;
}

const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

/**
 * Precision, recall and F1 per class and averaged, as scikit-learn's precision_recall_fscore_support with zero_division 0.
 *
 * @param confusion [K][K], as of `confusionMatrix`
 * @param names of the K classes
 * @throws UsageError where names and matrix differ in size, or the matrix is empty
 */
export function classificationReport(confusion: number[][], names: readonly string[]): ClassificationReport {
  if (names.length !== confusion.length)
    throw new UsageError(`classificationReport: ${names.length} names for ${confusion.length} classes`);
  const predicted = names.map((_, c) => confusion.reduce((sum, row) => sum + row[c]!, 0));
  const perClass = names.map((name, c) => {
    const support = confusion[c]!.reduce((sum, count) => sum + count, 0);
    const precision = ratio(confusion[c]![c]!, predicted[c]!);
    const recall = ratio(confusion[c]![c]!, support);
    return { name, precision, recall, f1: ratio(2 * precision * recall, precision + recall), support };
  });
  const samples = perClass.reduce((sum, { support }) => sum + support, 0);
  if (samples === 0) throw new UsageError('classificationReport: the confusion matrix counts no rows');
  const present = perClass.filter(({ support }, c) => support > 0 || predicted[c]! > 0);
  return {
    perClass,
    macro: averageFigures(perClass, () => 1),
    macroPresent: averageFigures(present, () => 1),
    weighted: averageFigures(perClass, ({ support }) => support),
    accuracy: confusion.reduce((sum, row, c) => sum + row[c]!, 0) / samples,
    samples,
  };
}

function averageFigures(classes: ClassReport[], weight: (figures: ClassReport) => number): ClassFigures {
  const total = classes.reduce((sum, figures) => sum + weight(figures), 0);
  // A weighted mean of equal shares of 1 can exceed 1 by an ulp.
  const mean = (field: keyof ClassFigures) =>
    Math.min(1, classes.reduce((sum, figures) => sum + weight(figures) * figures[field], 0) / total);
  return { precision: mean('precision'), recall: mean('recall'), f1: mean('f1') };
}

/** The table that scikit-learn's classification_report prints, to the character. */
export function reportText(report: ClassificationReport, digits = 4): string {
  const { perClass, macro, weighted, accuracy, samples } = report;
  const width = Math.max(...perClass.map(({ name }) => [...name].length), 'weighted avg'.length);
  // Width counts characters, not UTF-16 units, as Python does.
  const label = (text: string) => ' '.repeat(Math.max(0, width - [...text].length)) + text;
  const line = (name: string, cells: readonly (string | number)[]) =>
    `${label(name)} ${cells.map((cell) => ` ${String(cell).padStart(9)}`).join('')}\n`;
  const figures = ({ precision, recall, f1 }: ClassFigures) => [precision, recall, f1].map((x) => fixed(x, digits));
  return [
    line('', ['precision', 'recall', 'f1-score', 'support']),
    '\n',
    ...perClass.map((row) => line(row.name, [...figures(row), row.support])),
    '\n',
    line('accuracy', ['', '', fixed(accuracy, digits), samples]),
    line('macro avg', [...figures(macro), samples]),
    line('weighted avg', [...figures(weighted), samples]),
  ].join('');
}

/** Decimal places as Python prints them. toFixed differs only in an exact tie (1/32), which it rounds up and Python to even. */
function fixed(value: number, digits: number): string {
  const doubled = value * 2 ** (digits + 1); // exact; in a tie, and only then, an odd whole number
  if (!Number.isInteger(doubled) || doubled % 2 === 0) return value.toFixed(digits);
  const below = Math.floor(value * 10 ** digits);
  return ((below % 2 === 0 ? below : below + 1) / 10 ** digits).toFixed(digits);
}
