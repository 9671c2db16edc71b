import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

import type { DatasetSummary } from '#lib/contracts';
import { bytes, count } from '#lib/figures';

import { DatasetState } from '../datasets/dataset-state.tsx';
import { IngestForm } from '../datasets/ingest-form.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { go } from '../state/place.ts';
import { datasetList, runList } from '../state/runs.ts';

import '../datasets/datasets.css';

/** What images there are, and the way to more. */
export function DatasetsPage() {
  const isAsking = useSignal(false);
  useEffect(() => datasetList.watch(), []);
  useEffect(() => runList.watch(), []);
  const all = datasetList.value.value;
  return (
    <>
      <div class="row">
        <h1>Datasets</h1>
        <button type="button" class="main" onClick={() => (isAsking.value = true)}>
          Ingest images
        </button>
      </div>
      {datasetList.problem.value && <p class="problem">{datasetList.problem.value.text}</p>}
      {all === undefined ? (
        <p class="waiting">Fetching datasets …</p>
      ) : all.length === 0 ? (
        <p>
          No dataset yet. Ingest a folder of images here, or by <code>./unlabel ingest FOLDER --name NAME</code>.
        </p>
      ) : (
        <DatasetTable all={all} />
      )}
      {isAsking.value && (
        <Dialog title="Ingest images" onClose={() => (isAsking.value = false)}>
          <IngestForm
            onStarted={(dataset) => {
              isAsking.value = false;
              datasetList.refresh();
              go({ page: 'dataset', dataset });
            }}
          />
        </Dialog>
      )}
    </>
  );
}

function DatasetTable({ all }: { all: DatasetSummary[] }) {
  const runs = (dataset: string) => runList.value.value?.filter((run) => run.dataset === dataset).length;
  return (
    <div class="scroll panel" tabIndex={0} role="region" aria-label="Datasets">
      <table>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">State</th>
            {['Train', 'Tune', 'Eval', 'Classes', 'Size', 'Set aside', 'Runs'].map((head) => (
              <th key={head} scope="col" class="number">
                {head}
              </th>
            ))}
            <th scope="col">Images</th>
            <th scope="col">Source</th>
          </tr>
        </thead>
        <tbody>
          {all.map((dataset) => (
            <tr key={dataset.dataset}>
              <th scope="row">
                <a href={`#/datasets/${dataset.dataset}`}>{dataset.dataset}</a>
              </th>
              <td class="state">
                <DatasetState dataset={dataset} />
              </td>
              <td class="number">{count(dataset.splits?.train)}</td>
              <td class="number">{count(dataset.splits?.tune)}</td>
              <td class="number">{count(dataset.splits?.eval)}</td>
              <td class="number">{count(dataset.classes)}</td>
              <td class="number">{bytes(dataset.sizeBytes)}</td>
              <td class="number">{count(dataset.setAside)}</td>
              <td class="number">{count(runs(dataset.dataset))}</td>
              <td>{dataset.images ?? '–'}</td>
              <td class="source">{dataset.source}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
