import { computationInWords } from '#lib/contracts';

import { type Goal, type Table, tableOf } from '../report/report.ts';
import type { Work } from '../training/work.ts';

import { bestPairing, type Comparison } from './compare-steps.ts';
import { variantInWords } from './messages.ts';

/** Of each work the best of each side, among all and within each precision. */
export function bestTable(comparisons: readonly Comparison[]): Table {
  const rows = comparisons.flatMap((comparison) => {
    const { work, batch, parameters, pairings } = comparison;
    const precisions = [...new Set(pairings.map(({ ours }) => ours.precision))];
    const kinds = [undefined, ...(precisions.length > 1 ? precisions : [])];
    return kinds.flatMap((precision) => {
      const best = bestPairing(pairings, precision);
      if (!best) return [];
      return {
        work: work.title,
        among: precision ?? 'all',
        ours: computationInWords(best.ours),
        'img/s': batch / best.oursSeconds,
        PyTorch: variantInWords(best.torch),
        'its img/s': batch / best.torchSeconds,
        ratio: best.ratio,
        parameters,
      };
    });
  });
  const columns = { work: 0, among: 0, ours: 0, 'img/s': 1, PyTorch: 0, 'its img/s': 1, ratio: 2, parameters: 0 };
  return tableOf(columns, rows, 'The best of each side’s options');
}

/** All that was paired of one work. */
export function pairingTable({ work, batch, pairings }: Comparison): Table {
  const rows = pairings.map(({ ours, torch, oursSeconds, torchSeconds, ratio }) => ({
    ours: computationInWords(ours),
    'img/s': batch / oursSeconds,
    PyTorch: variantInWords(torch),
    'its img/s': batch / torchSeconds,
    ratio,
  }));
  return tableOf({ ours: 0, 'img/s': 1, PyTorch: 0, 'its img/s': 1, ratio: 2 }, rows, work.title);
}

/** The figure of a work that has a goal; null where it could not be measured. */
export function goalOf(work: Work, comparisons: readonly Comparison[]): Goal[] {
  if (!work.goal) return [];
  const comparison = comparisons.find((own) => own.work === work);
  const measured = (comparison && bestPairing(comparison.pairings)?.ratio) ?? null;
  return [{ work: `${work.title}, against PyTorch`, measured, ...work.goal }];
}
