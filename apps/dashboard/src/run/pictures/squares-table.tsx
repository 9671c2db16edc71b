import type { Sheet } from '#lib/contracts';

import { className } from './class-name.ts';
import { Square, useSheet } from './sheet.tsx';

interface Props {
  label: string;
  run: string;
  step: number;
  sheet: Sheet;
  classes: string[];
  rows: readonly { sample: number; class: number }[];
  /** of each column of the sheet: its head, and what its squares are called */
  columns: readonly { head: string; name: string }[];
}

/** A sheet as a table: a row an image, with its class before it. */
export function SquaresTable({ label, run, step, sheet, classes, rows, columns }: Props) {
  const image = useSheet(run, step, sheet);
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={label}>
      <table class="squares">
        <thead>
          <tr>
            <th scope="col">Class</th>
            {columns.map(({ head }) => (
              <th key={head} scope="col">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ sample, class: of }, row) => (
            <tr key={sample}>
              <th scope="row">{className(classes, of)}</th>
              {columns.map(({ head, name }, column) => (
                <td key={head}>
                  <Square
                    image={image}
                    side={sheet.side}
                    row={row}
                    column={column}
                    label={`${className(classes, of)}, number ${sample}: ${name}`}
                  />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
