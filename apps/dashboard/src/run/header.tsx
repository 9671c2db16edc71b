import { useSignal } from '@preact/signals';

import type { RunDetail } from '#lib/contracts';
import { count, duration, figure, percent } from '#lib/figures';

import { dateTime, secondsLeft } from '../format.ts';
import { StateBadge } from '../parts/state-badge.tsx';
import { Tags } from '../parts/tags.tsx';
import { EditAbout } from '../runs/edit-about.tsx';
import { RunActions } from './actions.tsx';
import { BlockedBy } from './blocked.tsx';

interface Props {
  run: RunDetail;
  /** the last live step, where one came */
  live: { step: number; loss: number; imagesPerSecond: number } | undefined;
  onChanged: () => void;
}

/** What a run is, where it stands, and what can be done about it. */
export function RunHeader({ run, live, onChanged }: Props) {
  const { summary, spec, head } = run;
  const { title, tags, notes } = summary.about;
  const isEdited = useSignal(false);
  const isOdd = summary.state === 'failed' || summary.state === 'blocked';
  return (
    <header class="panel run-header">
      <div class="row">
        <h1>{title ?? summary.run}</h1>
        <strong>
          <StateBadge state={summary.state} />
        </strong>
        <button type="button" onClick={() => (isEdited.value = true)}>
          Edit title, tags and notes
        </button>
      </div>
      {title && (
        <p class="muted">
          <code>{summary.run}</code>
        </p>
      )}
      <p>
        {spec.method.name} with {spec.backbone.name} on{' '}
        <a href={`#/datasets/${spec.dataset.name}`}>{spec.dataset.name}</a>, {count(spec.dataset.trainSamples)} images;
        batch {spec.batch}, {spec.epochs} epochs, {spec.optimiser.name}, seed {spec.seed}; started{' '}
        {dateTime(summary.createdAt)}
      </p>
      <Tags tags={tags} />
      {notes !== '' && <p class="notes">{notes}</p>}
      {summary.reason && (
        <p class={isOdd ? 'problem' : 'muted'}>
          {summary.reason}
          {summary.remedy && <> · {summary.remedy}</>}
        </p>
      )}
      {summary.state === 'blocked' && head.blockedBy !== null && (
        <BlockedBy run={summary.run} object={head.blockedBy} onChanged={onChanged} />
      )}
      <Figures run={run} live={live} />
      <RunActions run={run} onChanged={onChanged} />
      {isEdited.value && (
        <EditAbout
          run={summary.run}
          about={summary.about}
          onClose={() => (isEdited.value = false)}
          onChanged={onChanged}
        />
      )}
    </header>
  );
}

function Figures({ run: { summary, spec, head, resolved }, live }: Omit<Props, 'onChanged'>) {
  const isRunning = summary.state === 'running';
  const step = Math.max(summary.step, isRunning ? (live?.step ?? 0) : 0);
  const now = { ...summary, step, ...(isRunning && live && { imagesPerSecond: live.imagesPerSecond }) };
  const left = secondsLeft({ ...now, batch: spec.batch });
  const trained = head.trainSeconds;
  const figures: [string, string][] = [
    ['step', `${count(step)} of ${count(summary.totalSteps)}`],
    ['epoch', resolved ? `${(step / resolved.stepsPerEpoch).toFixed(1)} of ${summary.epochs ?? '–'}` : '–'],
    ...(left === undefined ? [] : [['time left', duration(left)] as [string, string]]),
    ['loss', figure((isRunning ? live?.loss : undefined) ?? summary.loss)],
    ['images per second', figure(now.imagesPerSecond ?? (trained > 0 ? (step * spec.batch) / trained : null))],
    ['trained for', duration(trained || null)], // known from the first checkpoint on
    ['of it waiting', percent(trained > 0 ? head.waitSeconds / trained : null, 1)],
    ['k-NN', percent(summary.knn)],
    ['linear probe', percent(summary.linear)],
  ];
  return (
    <>
      <progress value={step} max={summary.totalSteps ?? 1} aria-label="Progress" />
      <dl class="figures">
        {figures.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}
