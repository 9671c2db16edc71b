import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';

import type { DatasetIndex } from '#lib/contracts';
import { count } from '#lib/figures';

import { SortHead } from '../parts/sort-head.tsx';
import { type Order, sorted } from '../parts/sorting.ts';
import { type ClassCount, classCounts, matching } from './class-counts.ts';

const splits = ['train', 'tune', 'eval'] as const;
const colours = { train: 'var(--series-1)', tune: 'var(--series-3)', eval: 'var(--series-2)' };
type Column = 'name' | (typeof splits)[number];

/** Classes with how many images each split has of them, as figures and bars. @param onChoose shows images of a class */
export function ClassTable({ index, onChoose }: { index: DatasetIndex; onChoose: (label: number) => void }) {
  const text = useSignal('');
  const order = useSignal<Order<Column>>({ by: 'name', isDescending: false });
  const all = useMemo(() => classCounts(index), [index]);
  const most = Math.max(1, ...all.map(({ total }) => total));
  const found = sorted(matching(all, text.value), (each) => each[order.value.by], order.value.isDescending);
  if (all.length === 0) return <p class="muted">The images have no classes: probes need some, pretraining does not.</p>;
  const onOrder = (next: Order<Column>) => (order.value = next);
  return (
    <>
      <div class="row">
        <label>
          Find a class{' '}
          <input type="search" value={text.value} onInput={({ currentTarget }) => (text.value = currentTarget.value)} />
        </label>
        {splits.map((split) => (
          <span key={split} class="key" style={{ '--colour': colours[split] }}>
            {split}
          </span>
        ))}
        <span class="muted" role="status">
          {count(found.length)} of {count(all.length)} classes
        </span>
      </div>
      <div class="classes" tabIndex={0} role="region" aria-label="Classes and their counts">
        <table>
          <thead>
            <tr>
              <SortHead column="name" text="Class" order={order.value} onOrder={onOrder} />
              {splits.map((split) => (
                <SortHead key={split} column={split} text={split} order={order.value} onOrder={onOrder} isNumber />
              ))}
              <th scope="col" class="bars">
                Share of the largest class
              </th>
            </tr>
          </thead>
          <tbody>
            {found.map((each) => (
              <ClassRow key={each.index} of={each} most={most} onChoose={onChoose} />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function ClassRow({ of, most, onChoose }: { of: ClassCount; most: number; onChoose: (label: number) => void }) {
  return (
    <tr>
      <th scope="row">
        <button type="button" class="plain" onClick={() => onChoose(of.index)} title={`folder ${of.folder}`}>
          {of.name}
        </button>
      </th>
      {splits.map((split) => (
        <td key={split} class="number">
          {count(of[split])}
        </td>
      ))}
      <td class="bars">
        <span class="bar" aria-hidden="true">
          {splits.map((split) => (
            <span key={split} class={split} style={{ width: `${(100 * of[split]) / most}%` }} />
          ))}
        </span>
      </td>
    </tr>
  );
}
