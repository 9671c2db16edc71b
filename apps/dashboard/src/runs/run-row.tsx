import type { RunSummary } from '#lib/contracts';
import { count, duration, figure, percent } from '#lib/figures';

import { ago, dateTime, secondsLeft } from '../format.ts';
import { StateBadge } from '../parts/state-badge.tsx';
import { Tags } from '../parts/tags.tsx';
import { Sparkline } from './sparkline.tsx';

interface Props {
  run: RunSummary;
  isMember: boolean;
  isSelected: boolean;
  onSelect: () => void;
  onEdit: () => void;
}

/** A run as a line of the list. */
export function RunRow({ run, isMember, isSelected, onSelect, onEdit }: Props) {
  const { about } = run;
  return (
    <tr class={isMember ? 'member' : ''}>
      <td>
        <input
          type="checkbox"
          checked={isSelected}
          onChange={onSelect}
          aria-label={`select ${about.title ?? run.run} to compare`}
        />
      </td>
      <th scope="row">
        <div class="name">
          <a href={`#/runs/${run.run}`}>{about.title ?? run.run}</a>
          <button type="button" class="plain" onClick={onEdit}>
            edit<span class="unseen"> title, tags and notes of {run.run}</span>
          </button>
        </div>
        {about.title && <div class="muted id">{run.run}</div>}
        {isMember && <span class="muted">seed {run.seed} </span>}
        <Tags tags={about.tags} />
      </th>
      <td>
        <StateBadge state={run.state} />
        {(run.state === 'failed' || run.state === 'blocked') && run.reason && (
          <div class="reason" title={run.reason}>
            {run.reason}
          </div>
        )}
      </td>
      <td>{run.method}</td>
      <td>{run.backbone}</td>
      <td>
        <a href={`#/datasets/${run.dataset}`}>{run.dataset}</a>
      </td>
      <td>
        <Progress run={run} />
      </td>
      <td class="number">
        <span class="loss">
          <Sparkline run={run} /> {figure(run.loss)}
        </span>
      </td>
      <td class="number">{percent(run.knn)}</td>
      <td class="number">{percent(run.linear)}</td>
      <td class="number">
        <time dateTime={run.createdAt} title={dateTime(run.createdAt)}>
          {ago(run.createdAt, Date.now())}
        </time>
      </td>
    </tr>
  );
}

function Progress({ run }: { run: RunSummary }) {
  const left = secondsLeft(run);
  return (
    <div class="progress">
      <progress value={run.step} max={run.totalSteps ?? 1} aria-label={`progress of ${run.run}`} />
      <span>
        {count(run.step)} of {count(run.totalSteps)}
        {left !== undefined && <span class="muted"> · {duration(left)} left</span>}
      </span>
    </div>
  );
}
