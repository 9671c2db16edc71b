import type { Pipeline } from '#lib/contracts';
import { count, percent } from '#lib/figures';

type PipelineStage = Pipeline['stages'][number];
type Stage = PipelineStage['stage'];

const does: Record<Stage, string> = {
  ingest: 'images to shards',
  augment: 'shards to view blocks',
  pretrain: 'view blocks to weights',
  probe: 'weights to figures',
};
/** What each but the last hands on. */
const hands: Partial<Record<Stage, string>> = { ingest: 'shards', augment: 'views', pretrain: 'weights' };
const mostDots = 64;

const pace = (perMinute: number) => (perMinute > 0 && perMinute < 10 ? perMinute.toFixed(1) : count(perMinute));

/** The stages in a row, as jobs go through them: who works, what waits, how fast it goes. */
export function Stages({ pipeline: { stages, runs } }: { pipeline: Pipeline }) {
  const waits = Math.max(0, ...runs.map(({ waitShare }) => waitShare ?? 0));
  return (
    <ol class="stages" aria-label="Stages of the pipeline">
      {stages.map((stage) => (
        <StageBox
          key={stage.stage}
          of={stage}
          waits={stage.stage === 'pretrain' && runs.length > 0 ? waits : undefined}
        />
      ))}
    </ol>
  );
}

function StageBox({ of, waits }: { of: PipelineStage; waits: number | undefined }) {
  const { stage, pending, inFlight, donePerMinute, workers } = of;
  const places = workers.reduce((sum, { concurrency }) => sum + concurrency, 0);
  const busy = workers.reduce((sum, { jobs }) => sum + jobs, 0);
  const isAlone = pending > 0 && workers.length === 0;
  const isLate = waits !== undefined && waits >= 0.05;
  return (
    <li class={isAlone ? 'is-alone' : isLate ? 'is-late' : ''}>
      <h2>{stage}</h2>
      <span class="muted">{does[stage]}</span>
      <div class="places" aria-hidden="true">
        {Array.from({ length: Math.min(places, mostDots) }, (_, i) => (
          <span key={i} class={i < busy ? 'place is-busy' : 'place'} />
        ))}
      </div>
      <dl>
        <dt>Workers</dt>
        <dd class={isAlone ? 'problem' : ''}>{workers.length === 0 ? 'none' : count(workers.length)}</dd>
        <dt>In work</dt>
        <dd>
          {count(inFlight)} of {count(places)}
        </dd>
        <dt>Waiting</dt>
        <dd>{count(pending)}</dd>
        <dt>Done a minute</dt>
        <dd>{pace(donePerMinute)}</dd>
        {waits !== undefined && (
          <>
            <dt>Waits for views</dt>
            <dd>{percent(waits, waits < 0.1 ? 1 : 0)}</dd>
          </>
        )}
      </dl>
      {hands[stage] !== undefined && (
        <span class="hands" aria-hidden="true">
          {hands[stage]}
        </span>
      )}
    </li>
  );
}
