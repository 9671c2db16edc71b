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

export const percent = (share: number | null): string => (share === null ? '–' : `${(100 * share).toFixed(2)} %`);
export const count = (value: number | null): string => (value === null ? '–' : value.toLocaleString('en-US'));

/** 83 → "1:23" */
export function duration(seconds: number | null): string {
  if (seconds === null || !Number.isFinite(seconds)) return '–';
  const whole = Math.round(seconds);
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  const two = (value: number) => String(value).padStart(2, '0');
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

export const megabytes = (bytes: number | null): string => (bytes === null ? '–' : `${(bytes / 1e6).toFixed(1)} MB`);
