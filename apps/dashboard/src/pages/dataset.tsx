import { useSignal } from '@preact/signals';
import { type ComponentChildren, Fragment } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';

import type { DatasetDetail, RunSummary, Split, UnlabelEvent } from '#lib/contracts';

import { ClassTable } from '../datasets/class-table.tsx';
import { DatasetState } from '../datasets/dataset-state.tsx';
import { RemoveDialog } from '../datasets/remove-dialog.tsx';
import { SampleImages } from '../datasets/sample-images.tsx';
import { bytes, count, dateTime, percent } from '../format.ts';
import { client } from '../state/client.ts';
import { onEvents } from '../state/live.ts';
import { go } from '../state/place.ts';
import { polled } from '../state/polled.ts';
import { datasetList, runList } from '../state/runs.ts';

import '../datasets/datasets.css';

const everyMs = 10_000;
const splits: readonly Split[] = ['train', 'tune', 'eval'];

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
            {problem.text}
            {problem.remedy && ` · ${problem.remedy}`}
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

function Facts({ detail: { summary, head, disk } }: { detail: DatasetDetail }) {
  const { splits: counts } = summary;
  const facts: [string, ComponentChildren][] = [
    ['State', <DatasetState dataset={summary} />],
    ['Source', summary.source],
    ['Ingested', head ? dateTime(head.ingestedAt) : '–'],
    [
      'Images',
      counts
        ? `${count(counts.train)} train, ${count(counts.tune)} tune, ${count(counts.eval)} eval, ${summary.images ?? ''}`
        : '–',
    ],
    ['Classes', count(summary.classes)],
    [
      'On disk',
      `${bytes(disk.shardsBytes)} of images${disk.sharedBytes > 0 ? ` (${bytes(disk.sharedBytes)} shared with other datasets)` : ''}, ${bytes(disk.recordsBytes)} of plans and indexes`,
    ],
    ['Content', summary.contentHash ? <code>{summary.contentHash}</code> : '–'],
  ];
  return (
    <section class="panel" aria-label="What it is">
      <dl class="facts">
        {facts.map(([name, value]) => (
          <Fragment key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </Fragment>
        ))}
      </dl>
      {summary.notes.length > 0 && (
        <>
          <h2>What ingest decided</h2>
          <ul>
            {summary.notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

/** Classes and images; a class that is clicked has its images shown. */
function Contents({ detail: { summary, index } }: { detail: DatasetDetail }) {
  const split = useSignal<Split>('train');
  const label = useSignal<number | undefined>(undefined);
  if (!index) return null;
  const chosen = label.value === undefined ? undefined : index.classes[label.value];
  return (
    <>
      <section class="panel" aria-labelledby="classes">
        <h2 id="classes">Classes</h2>
        <ClassTable
          index={index}
          onChoose={(next) => {
            label.value = next;
            document.getElementById('images')?.scrollIntoView({ block: 'start' });
          }}
        />
      </section>
      <section class="panel" aria-labelledby="images">
        <h2 id="images">Images{chosen && ` of ${chosen.name}`}</h2>
        <div class="row">
          <label>
            Split{' '}
            <select value={split.value} onChange={({ currentTarget }) => (split.value = currentTarget.value as Split)}>
              {splits.map((each) => (
                <option key={each} value={each}>
                  {each}
                </option>
              ))}
            </select>
          </label>
          {index.classes.length > 0 && (
            <label>
              Class{' '}
              <select
                value={label.value ?? ''}
                onChange={({ currentTarget: { value } }) => (label.value = value === '' ? undefined : Number(value))}
              >
                <option value="">all</option>
                {index.classes.map(({ name, folder }, i) => (
                  <option key={folder} value={i}>
                    {name}
                  </option>
                ))}
              </select>
            </label>
          )}
        </div>
        <SampleImages
          dataset={summary.dataset}
          split={split.value}
          {...(index.classes.length > 0 && { classes: index.classes.map(({ name }) => name) })}
          {...(label.value !== undefined && { class: label.value })}
        />
      </section>
    </>
  );
}

function SetAside({ detail: { index, setAside } }: { detail: DatasetDetail }) {
  if (!index) return null;
  const all = index.setAside.count;
  return (
    <section class="panel" aria-labelledby="set-aside">
      <h2 id="set-aside">Files set aside</h2>
      {all === 0 ? (
        <p class="muted">None: every file was read.</p>
      ) : (
        <>
          <p>
            {count(all)} {all === 1 ? 'file is' : 'files are'} in no split
            {setAside.length < all && `; the first ${count(setAside.length)}`}.
          </p>
          <div class="classes" tabIndex={0} role="region" aria-label="Files set aside, with reasons">
            <table>
              <thead>
                <tr>
                  <th scope="col">File</th>
                  <th scope="col">Why</th>
                </tr>
              </thead>
              <tbody>
                {setAside.map(({ id, reason }) => (
                  <tr key={id}>
                    <td class="source">{id}</td>
                    <td>{reason}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
    </section>
  );
}

function RunsOnIt({ runs }: { runs: readonly RunSummary[] }) {
  return (
    <section class="panel" aria-labelledby="runs-on-it">
      <h2 id="runs-on-it">Runs on it</h2>
      {runs.length === 0 ? (
        <p class="muted">None yet.</p>
      ) : (
        <div class="scroll" tabIndex={0} role="region" aria-label="Runs on this dataset">
          <table>
            <thead>
              <tr>
                <th scope="col">Run</th>
                <th scope="col">State</th>
                <th scope="col">Method</th>
                <th scope="col" class="number">
                  k-NN
                </th>
                <th scope="col" class="number">
                  Linear
                </th>
              </tr>
            </thead>
            <tbody>
              {runs.map(({ run, about, state, method, knn, linear }) => (
                <tr key={run}>
                  <th scope="row">
                    <a href={`#/runs/${run}`}>{about.title ?? run}</a>
                  </th>
                  <td class={`state-${state}`}>{state}</td>
                  <td>{method}</td>
                  <td class="number">{percent(knn)}</td>
                  <td class="number">{percent(linear)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
