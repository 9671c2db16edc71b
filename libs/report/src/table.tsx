export interface TableRow {
  cells: string[];
  isMarked?: boolean;
}

export interface TableProps {
  caption: string;
  head: string[];
  rows: TableRow[];
}

const isNumber = (text: string): boolean => /^[-–−±\d.,:% ]+$/.test(text);

/** A table in a box that scrolls by itself. The first cell of a row names it; columns of numbers are set to the right. */
export function Table({ caption, head, rows }: TableProps) {
  const right = head.map((_, column) => rows.length > 0 && rows.every(({ cells }) => isNumber(cells[column] ?? '')));
  const side = (column: number) => (right[column] ? { class: 'n' } : {});
  return (
    <div class="scroll" tabIndex={0} role="group" aria-label={caption}>
      <table>
        <caption>{caption}</caption>
        <thead>
          <tr>
            {head.map((name, column) => (
              <th key={column} scope="col" {...side(column)}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ cells, isMarked }, i) => (
            <tr key={i} {...(isMarked && { class: 'marked' })}>
              {cells.map((cell, column) =>
                column === 0 ? (
                  <th key={column} scope="row" {...side(column)}>
                    {cell}
                  </th>
                ) : (
                  <td key={column} {...side(column)}>
                    {cell}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
