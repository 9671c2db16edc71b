import type { Goal, Report, Section, Table } from './report.ts';

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
const missing = '–';

/** A report as Markdown: machine and versions, the figures to reach, then a section a bench. */
export function renderMarkdown(report: Report): string {
  const { machine, sections } = report;
  const goals = sections.flatMap((section) => section.goals);
  const sets = machine.instructionSets.join(', ') || 'none of those that matter';
  return [
    '# Benchmarks',
    `${report.startedAt}, ${minutes(report.seconds)}: \`${report.command}\``,
    `${machine.cpu}, ${machine.cores} cores (${sets}), ${gigabytes(machine.memoryBytes)}, ${machine.system}`,
    Object.entries(report.versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', '),
    ...(goals.length > 0 ? ['## Figures to reach', renderTable(tableOfGoals(goals))] : []),
    ...sections.map(renderSection),
  ]
    .join('\n\n')
    .concat('\n');
}

const minutes = (seconds: number): string =>
  seconds < 120 ? `${seconds.toFixed(0)} s` : `${(seconds / 60).toFixed(0)} min`;

/** One bench: heading, what it measures, tables, notes, and why figures are missing. */
export function renderSection({ bench, title, about, seconds, tables, notes, error }: Section): string {
  return [
    `## ${title}`,
    `${about} (\`${bench}\`, ${minutes(seconds)})`,
    ...(error === null ? [] : [`**Failed:** ${error.replaceAll('\n', ' ')}`]),
    ...tables.map(renderTable),
    ...(notes.length > 0 ? [notes.map((note) => `- ${note}`).join('\n')] : []),
  ].join('\n\n');
}

function tableOfGoals(goals: readonly Goal[]): Table {
  const verdict = ({ measured, must, aim }: Goal) =>
    measured === null ? 'not measured' : measured >= aim ? 'aim' : measured >= must ? 'must' : 'missed';
  return {
    caption: null,
    columns: ['work', 'measured', 'must', 'aim', 'reached'].map((name) => ({ name, digits: 2 })),
    rows: goals.map((goal) => [goal.work, goal.measured, goal.must, goal.aim, verdict(goal)]),
  };
}

/** A table of Markdown, its columns aligned; numbers to the right. */
export function renderTable({ caption, columns, rows }: Table): string {
  const isNumeric = columns.map((_, at) => rows.some((row) => typeof row[at] === 'number'));
  const head = columns.map(({ name }) => name);
  const body = rows.map((row) =>
    row.map((cell, at) => {
      if (cell === null) return missing;
      return typeof cell === 'number' ? cell.toFixed(columns[at]?.digits ?? 0) : cell.replaceAll('|', '\\|');
    }),
  );
  const widths = head.map((name, at) => Math.max(3, name.length, ...body.map((row) => row[at]?.length ?? 0)));
  const padded = (row: string[]) =>
    row.map((cell, at) => (isNumeric[at] ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0)));
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
  const rule = widths.map((width, at) => (isNumeric[at] ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)));
  const table = [line(padded(head)), line(rule), ...body.map((row) => line(padded(row)))].join('\n');
  return caption === null ? table : `${caption}\n\n${table}`;
}
