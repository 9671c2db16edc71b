import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';

import type { UnlabelEvent } from '#lib/contracts';

import { Contents } from '../datasets/contents.tsx';
import { Facts } from '../datasets/facts.tsx';
import { RemoveDialog } from '../datasets/remove-dialog.tsx';
import { RunsOnIt } from '../datasets/runs-on-it.tsx';
import { SetAside } from '../datasets/set-aside.tsx';
import { client } from '../state/client.ts';
import { ProblemWords } from '../parts/problem-words.tsx';
import { onEvents } from '../state/live.ts';
import { go } from '../state/place.ts';
import { polled } from '../state/polled.ts';
import { datasetList, runList } from '../state/runs.ts';

import '../datasets/datasets.css';

const everyMs = 10_000;

/** Whether an event is about a dataset. */
const isAbout = (event: UnlabelEvent, dataset: string): boolean => 'dataset' in event && event.dataset === dataset;

/** One dataset: what is in it, what was set aside, who uses it, and its end. */
export function DatasetPage({ dataset }: { dataset: string }) {
  const source = useMemo(() => polled(() => client.dataset(dataset), everyMs), [dataset]);
  const isRemoving = useSignal(false);
  useEffect(() => source.watch(), [source]);
  useEffect(() => runList.watch(), []);
  useEffect(() => onEvents((events) => events.some((event) => isAbout(event, dataset)) && source.refresh()), [dataset]);
  const detail = source.value.value;
  const problem = source.problem.value;
  const runs = (runList.value.value ?? []).filter((run) => run.dataset === dataset);
  if (!detail)
    return (
      <>
        <h1>{dataset}</h1>
        {problem ? (
          <p class="problem">
            <ProblemWords problem={problem} />
          </p>
        ) : (
          <p class="waiting">Fetching the dataset …</p>
        )}
      </>
    );
  return (
    <>
      <div class="row">
        <h1>{dataset}</h1>
        <button type="button" class="danger" onClick={() => (isRemoving.value = true)}>
          Remove …
        </button>
      </div>
      <Facts detail={detail} />
      <Contents detail={detail} />
      <SetAside detail={detail} />
      <RunsOnIt runs={runs} />
      {isRemoving.value && (
        <RemoveDialog
          detail={detail}
          runs={runs}
          onClose={() => (isRemoving.value = false)}
          onRemoved={() => {
            datasetList.refresh();
            go({ page: 'datasets' });
          }}
        />
      )}
    </>
  );
}
