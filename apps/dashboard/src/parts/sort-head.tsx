import { clicked, type Order } from './sorting.ts';

import './sort-head.css';

/** The head of a column by which one can sort. */
export function SortHead<Column extends string>({
  column,
  text,
  order,
  onOrder,
  isNumber = false,
}: {
  column: Column;
  text: string;
  order: Order<Column>;
  onOrder: (order: Order<Column>) => void;
  /** figures are sorted from the largest first */
  isNumber?: boolean;
}) {
  const isChosen = order.by === column;
  return (
    <th
      scope="col"
      class={isNumber ? 'number' : ''}
      aria-sort={isChosen ? (order.isDescending ? 'descending' : 'ascending') : 'none'}
    >
      <button type="button" class="sort" onClick={() => onOrder(clicked(order, column, isNumber))}>
        {text}
        <span aria-hidden="true">{isChosen ? (order.isDescending ? ' ▾' : ' ▴') : ''}</span>
      </button>
    </th>
  );
}
