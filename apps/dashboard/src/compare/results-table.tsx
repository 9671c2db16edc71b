import { useSignal } from '@preact/signals';

import type { CompareRow, Comparison } from '#lib/contracts';

import { ActionButton } from '../parts/action.tsx';
import { SortHead } from '../parts/sort-head.tsx';
import { type Order, sorted } from '../parts/sorting.ts';
import { copyText } from './copy.ts';
import { csvOf, markdownOf, measuredOn, resultColumns } from './results.ts';

/** One table of runs and baselines, by any of its figures. */
export function ResultsTable({ comparison, colours }: { comparison: Comparison; colours: Map<string, string> }) {
  const order = useSignal<Order<keyof CompareRow> | undefined>(undefined);
  const copied = useSignal<string | undefined>(undefined);
  const by = resultColumns.find(({ column }) => column === order.value?.by);
  const rows = by ? sorted(comparison.rows, by.value, order.value?.isDescending ?? false) : comparison.rows;
  const copy = (name: string, text: string) => copyText(text).then(() => void (copied.value = name));
  return (
    <section class="panel" aria-labelledby="results">
      <div class="row">
        <h2 id="results">Results</h2>
        <ActionButton act={() => copy('Markdown', markdownOf(rows))}>Copy as Markdown</ActionButton>
        <ActionButton act={() => copy('CSV', csvOf(rows))}>Copy as CSV</ActionButton>
        <span role="status" class="muted">
          {copied.value && `copied as ${copied.value}`}
        </span>
      </div>
      <p class="muted">{measuredOn(comparison)}</p>
      {comparison.notes.map((note) => (
        <p key={note} class="note">
          {note}
        </p>
      ))}
      <div class="scroll" tabIndex={0} role="region" aria-label="Table of results">
        <table>
          <thead>
            <tr>
              {resultColumns.map(({ column, text, isNumber }) => (
                <SortHead
                  key={column}
                  column={column}
                  text={text}
                  isNumber={isNumber}
                  order={order.value ?? { by: 'row', isDescending: false }}
                  onOrder={(next) => (order.value = next)}
                />
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <Row
                key={`${row.row} ${row.label}`}
                row={row}
                colour={row.run === null ? undefined : colours.get(row.run)}
              />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Row({ row, colour }: { row: CompareRow; colour: string | undefined }) {
  return (
    <tr class={`row-${row.row}`}>
      {resultColumns.map(({ column, isNumber, shown }) =>
        column === 'label' ? (
          <th key={column} scope="row">
            {colour && <span class="swatch" style={{ '--colour': `var(${colour})` }} />}
            {row.run === null ? row.label : <a href={`#/runs/${row.run}`}>{row.label}</a>}
          </th>
        ) : (
          <td key={column} class={isNumber ? 'number' : ''}>
            {shown(row)}
          </td>
        ),
      )}
    </tr>
  );
}
