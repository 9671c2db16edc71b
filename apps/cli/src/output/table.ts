import Table from 'cli-table3';

/** Rows under a head, right-aligned where a column holds numbers. Plain text: no colours, no frame. */
export function formatTable(head: string[], rows: string[][]): string {
  const isNumber = (column: number) => rows.every((row) => /^[-–±\d.,:% ]*$/.test(row[column] ?? ''));
  const table = new Table({
    head,
    colAligns: head.map((_, column) => (rows.length > 0 && isNumber(column) ? 'right' : 'left')),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
    chars: Object.fromEntries(
      [
        'top',
        'top-mid',
        'top-left',
        'top-right',
        'bottom',
        'bottom-mid',
        'bottom-left',
        'bottom-right',
        'left',
        'left-mid',
        'mid',
        'mid-mid',
        'right',
        'right-mid',
        'middle',
      ].map((name) => [name, '']),
    ),
  });
  table.push(...rows);
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}
