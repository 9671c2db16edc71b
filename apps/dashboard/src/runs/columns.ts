import type { Sortable } from '../parts/sorting.ts';
import type { RunLine } from './group-seeds.ts';

/** Columns of the list of runs by which one can sort; figures are set to the right, and sorted from the largest first. */
export const columns = [
  { column: 'run', text: 'Run', isNumber: false },
  { column: 'state', text: 'State', isNumber: false },
  { column: 'method', text: 'Method', isNumber: false },
  { column: 'backbone', text: 'Backbone', isNumber: false },
  { column: 'dataset', text: 'Dataset', isNumber: false },
  { column: 'progress', text: 'Progress', isNumber: false },
  { column: 'loss', text: 'Loss', isNumber: true },
  { column: 'knn', text: 'k-NN', isNumber: true },
  { column: 'linear', text: 'Linear', isNumber: true },
  { column: 'createdAt', text: 'Started', isNumber: true },
] as const;
export type RunColumn = (typeof columns)[number]['column'];

/** What a line is sorted by; a group by its means and its newest run. */
export function sortValue(line: RunLine, column: RunColumn): Sortable {
  const first = line.kind === 'run' ? line.run : line.runs[0];
  if (!first) return null;
  switch (column) {
    case 'run':
      return first.about.title ?? first.run;
    case 'progress':
      return shareDone(line);
    case 'loss':
    case 'knn':
    case 'linear':
      return line.kind === 'run' ? line.run[column] : line[column].mean;
    default:
      return first[column];
  }
}

/** Part of its steps that a run has made, of a group's all together. */
export function shareDone(line: RunLine): number | null {
  const runs = line.kind === 'run' ? [line.run] : line.runs;
  const total = runs.reduce((sum, { totalSteps }) => sum + (totalSteps ?? NaN), 0);
  return Number.isNaN(total) || total === 0 ? null : runs.reduce((sum, { step }) => sum + step, 0) / total;
}
