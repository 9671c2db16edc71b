import { figure, percent } from '#lib/figures';

import { shareDone } from './columns.ts';
import type { RunLine, Spread } from './group-seeds.ts';

interface Props {
  line: Extract<RunLine, { kind: 'group' }>;
  isOpen: boolean;
  onToggle: () => void;
  isSelected: boolean;
  onSelect: () => void;
}

/** Runs that differ in seed alone, as one line with their mean and spread. */
export function GroupRow({ line, isOpen, onToggle, isSelected, onSelect }: Props) {
  const [first] = line.runs;
  if (!first) return null;
  const states = [...new Set(line.runs.map(({ state }) => state))];
  const name = `${first.recipe}, ${line.runs.length} seeds`;
  const share = shareDone(line);
  return (
    <tr class="group">
      <td>
        <input type="checkbox" checked={isSelected} onChange={onSelect} aria-label={`select ${name} to compare`} />
      </td>
      <th scope="row">
        <button type="button" class="plain" aria-expanded={isOpen} onClick={onToggle}>
          {isOpen ? '▾' : '▸'} {name}
        </button>
      </th>
      <td class="states">
        {states.map((state) => `${line.runs.filter((run) => run.state === state).length} ${state}`).join(', ')}
      </td>
      <td>{first.method}</td>
      <td>{first.backbone}</td>
      <td>
        <a href={`#/datasets/${first.dataset}`}>{first.dataset}</a>
      </td>
      <td>
        <div class="progress">
          <progress value={share ?? 0} aria-label={`progress of ${name}`} />
          <span>{percent(share, 0)} of all</span>
        </div>
      </td>
      <td class="number">{withSpread(line.loss, figure)}</td>
      <td class="number">{withSpread(line.knn, percent)}</td>
      <td class="number">{withSpread(line.linear, percent)}</td>
      <td />
    </tr>
  );
}

/** A mean with its standard deviation over seeds. */
const withSpread = ({ mean, deviation }: Spread, text: (value: number | null) => string): string =>
  deviation === null ? text(mean) : `${text(mean)} ± ${text(deviation)}`;
