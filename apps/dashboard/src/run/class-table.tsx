import { useSignal } from '@preact/signals';

import type { ProbeResult } from '#lib/contracts';
import { count } from '#lib/figures';

import { SortHead } from '../parts/sort-head.tsx';
import { type Order, sorted } from '../parts/sorting.ts';

type Column = 'name' | 'precision' | 'recall' | 'f1' | 'support';

/** Figures of each class, by any of them. */
export function ClassTable({ perClass, macro }: Pick<ProbeResult, 'perClass' | 'macro'>) {
  const order = useSignal<Order<Column>>({ by: 'name', isDescending: false });
  const { by, isDescending } = order.value;
  const head = { order: order.value, onOrder: (next: Order<Column>) => (order.value = next) };
  return (
    <div class="scroll tall" tabIndex={0} role="region" aria-label="Figures of each class">
      <table>
        <thead>
          <tr>
            <SortHead column="name" text="Class" {...head} />
            <SortHead column="precision" text="Precision" isNumber {...head} />
            <SortHead column="recall" text="Recall" isNumber {...head} />
            <SortHead column="f1" text="F1" isNumber {...head} />
            <SortHead column="support" text="Images" isNumber {...head} />
          </tr>
        </thead>
        <tbody>
          {sorted(perClass, (row) => row[by], isDescending).map((row) => (
            <tr key={row.name}>
              <th scope="row">{row.name}</th>
              <td class="number">{row.precision.toFixed(3)}</td>
              <td class="number">{row.recall.toFixed(3)}</td>
              <td class="number">{row.f1.toFixed(3)}</td>
              <td class="number">{count(row.support)}</td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">mean of classes</th>
            <td class="number">{macro.precision.toFixed(3)}</td>
            <td class="number">{macro.recall.toFixed(3)}</td>
            <td class="number">{macro.f1.toFixed(3)}</td>
            <td class="number">{count(perClass.reduce((sum, { support }) => sum + support, 0))}</td>
          </tr>
        </tfoot>
      </table>
    </div>
  );
}
