import { useEffect } from 'preact/hooks';

import type { UnlabelEvent } from '#lib/contracts';

import { DeadLetters } from '../pipeline/dead-letters.tsx';
import { Doctor } from '../pipeline/doctor.tsx';
import { RunsThatTrain } from '../pipeline/runs-that-train.tsx';
import { Stages } from '../pipeline/stages.tsx';
import { ViewCachePanel } from '../pipeline/view-cache.tsx';
import { WorkersTable } from '../pipeline/workers-table.tsx';
import { client } from '../state/client.ts';
import { ProblemWords } from '../parts/problem-words.tsx';
import { onEvents } from '../state/live.ts';
import { polled } from '../state/polled.ts';

import '../pipeline/pipeline.css';

const pipeline = polled(() => client.pipeline(), 5_000);

/** Blocks and steps come many a second: the poll is enough for them. */
const changes = new Set<UnlabelEvent['type']>([
  'run-state',
  'ingest-planned',
  'dataset-ready',
  'probe-result',
  'block-failed',
]);

/** Who works on what, and who waits for whom. */
export function PipelinePage() {
  useEffect(() => pipeline.watch(), []);
  useEffect(() => onEvents((events) => events.some(({ type }) => changes.has(type)) && pipeline.refresh()), []);
  const now = pipeline.value.value;
  const problem = pipeline.problem.value;
  return (
    <>
      <h1>Pipeline</h1>
      {problem && (
        <p class="problem">
          <ProblemWords problem={problem} />
        </p>
      )}
      {now === undefined ? (
        <p class="waiting">Looking at queues and workers …</p>
      ) : (
        <>
          <p class={`panel verdict ${now.verdict.startsWith('Nobody waits') ? '' : 'waits'}`} role="status">
            {now.verdict}
          </p>
          <Stages pipeline={now} />
          <RunsThatTrain runs={now.runs} />
          <DeadLetters known={now.deadLetters} />
          <ViewCachePanel views={now.views} />
          <WorkersTable stages={now.stages} />
          <Doctor />
        </>
      )}
    </>
  );
}
