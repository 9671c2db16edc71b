import type { DatasetIndex, ProbeResult } from '#lib/contracts';
import { bytes, count, percent } from '#lib/figures';

import { Probe } from './classes.tsx';
import { Facts } from './facts.tsx';
import { moment } from './format.ts';
import { Pictures } from './pictures.tsx';
import { Projections } from './projection.tsx';
import type { ReportRun } from './report-data.ts';
import { specRows } from './spec-rows.ts';
import { Table } from './table.tsx';

/** Everything about one run. */
export function RunSection({ run, dataset }: { run: ReportRun; dataset: DatasetIndex | null }) {
  const { detail, about, pictures, projection } = run;
  const { summary } = detail;
  return (
    <section class="run">
      <h2 id={`run-${summary.run}`}>
        {about.title ?? summary.run}
        {about.title !== null && <span class="id"> {summary.run}</span>}
      </h2>
      {about.tags.length > 0 && <p class="tags">{`Tags: ${about.tags.join(', ')}`}</p>}
      {about.notes !== '' && (
        <>
          <h3>Notes</h3>
          <p class="notes">{about.notes}</p>
        </>
      )}
      <Facts run={run} dataset={dataset} />
      <h3>Measured</h3>
      <Probes run={run} />
      {(pictures.length > 0 || projection) && <h3>Pictures</h3>}
      <Pictures groups={pictures} />
      {projection && <Projections projection={projection} />}
      <h3>Checkpoints</h3>
      <Checkpoints run={run} />
      <h3>Spec</h3>
      <Spec run={run} />
      <h3>Model</h3>
      <Model run={run} />
      <Log run={run} />
    </section>
  );
}

/** The newest measurement of each kind on eval; that of checkpoints before it is in its curve. */
function Probes({ run: { detail } }: { run: ReportRun }) {
  const newest = new Map<string, ProbeResult>();
  for (const probe of detail.probes)
    if (probe.measuredOn.split === 'eval' && probe.encoder.kind === 'checkpoint') newest.set(probe.kind, probe);
  const pending = detail.probesPending.map(({ target, kind, step }) => `${kind} of ${target} at step ${step}`);
  return (
    <>
      {newest.size === 0 && <p>Nothing was measured on eval.</p>}
      {[...newest.values()].map((probe) => (
        <Probe key={probe.kind} probe={probe} />
      ))}
      {pending.length > 0 && <p>{`Still to be measured when this was written: ${pending.join(', ')}.`}</p>}
    </>
  );
}

function Checkpoints({ run: { detail } }: { run: ReportRun }) {
  const { checkpoints, best } = detail.head;
  if (checkpoints.length === 0) return <p>None yet.</p>;
  return (
    <Table
      caption={
        best ? `Best on tune: step ${best.step}, ${best.metric} ${percent(best.value)}` : 'Checkpoints that are kept'
      }
      head={['step', 'epoch', 'kind', 'size']}
      rows={checkpoints.map(({ step, cursor, kind, sizeBytes }) => ({
        cells: [count(step), String(cursor.epoch), kind, bytes(sizeBytes)],
        isMarked: step === best?.step,
      }))}
    />
  );
}

/** Every setting; those that are not the recipe's own are marked. */
function Spec({ run: { detail, defaults } }: { run: ReportRun }) {
  const own = defaults && new Map(specRows(defaults));
  return (
    <>
      {own === null && (
        <p class="small">{`What recipe ${detail.spec.recipe} alone would give could not be read, so defaults are not marked.`}</p>
      )}
      <Table
        caption={`Recipe ${detail.spec.recipe}, with every default written out${own ? '; marked: changed from the recipe' : ''}`}
        head={['setting', 'value', ...(own ? ['from'] : [])]}
        rows={specRows(detail.spec).map(([key, value]) => {
          const isDefault = own?.get(key) === value;
          const was = own?.get(key);
          const from = isDefault ? 'default' : `changed${was === undefined ? '' : `, default ${was}`}`;
          return { cells: [key, value, ...(own ? [from] : [])], isMarked: own !== null && !isDefault };
        })}
      />
    </>
  );
}

function Model({ run: { detail } }: { run: ReportRun }) {
  const { model } = detail;
  if (!model) return <p>This run has no table of layers: its registration was cut short.</p>;
  return (
    <Table
      caption={`${count(model.parameters)} trainable parameters; output shapes are of one image`}
      head={['layer', 'output shape', 'parameters']}
      rows={model.layers.map(({ layer, outputShape, parameters }) => ({
        cells: [layer, outputShape ? `[${outputShape.join(', ')}]` : '', count(parameters)],
      }))}
    />
  );
}

function Log({ run: { log } }: { run: ReportRun }) {
  if (!log || log.entries.length === 0) return null;
  return (
    <>
      <h3>Log</h3>
      <Table
        caption="What happened to the run, oldest first"
        head={['when', 'level', 'what']}
        rows={log.entries.map(({ at, level, text }) => ({
          cells: [moment(at), level, text],
          isMarked: level === 'error',
        }))}
      />
    </>
  );
}
