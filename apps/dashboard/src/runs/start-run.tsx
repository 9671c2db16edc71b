import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

import type { CatalogueEntry, RunCheck } from '#lib/contracts';
import { bytes, count } from '#lib/figures';

import { changesProblem, parseChanges } from '../parts/changes.ts';
import { Dialog } from '../parts/dialog.tsx';
import { FieldProblem } from '../parts/field-problem.tsx';
import { client } from '../state/client.ts';
import { go } from '../state/place.ts';
import { guarded, type Problem, problemOf } from '../state/problem.ts';
import { datasetList } from '../state/runs.ts';
import { fieldOf } from './start-fields.ts';

/** Checks and starts a run: recipe, dataset, changes. */
export function StartRun({ onClose }: { onClose: () => void }) {
  const recipes = useSignal<CatalogueEntry[]>([]);
  const call = useSignal({ recipe: '', dataset: '', changes: '', run: '' });
  const check = useSignal<RunCheck | undefined>(undefined);
  const wrong = useSignal<Problem | undefined>(undefined);
  const isBusy = useSignal(false);
  useEffect(() => datasetList.watch(), []);
  useEffect(() => void guarded(async () => (recipes.value = await client.recipes())), []);
  const datasets = (datasetList.value.value ?? []).filter(({ contentHash }) => contentHash !== null);
  const { recipe = '', dataset = '' } = {
    recipe: call.value.recipe || recipes.value[0]?.name,
    dataset: call.value.dataset || datasets[0]?.dataset,
  };
  const change = (part: Partial<typeof call.value>) => {
    call.value = { ...call.value, ...part };
    check.value = undefined; // it was of another call
    wrong.value = undefined;
  };
  const attempt = async (act: (call: Parameters<typeof client.startRun>[0]) => Promise<void>) => {
    const parsed = parseChanges(call.value.changes);
    if (!parsed.ok) return void (wrong.value = changesProblem(parsed));
    const run = call.value.run.trim();
    isBusy.value = true;
    wrong.value = undefined;
    try {
      await act({ recipe, dataset, changes: parsed.changes, ...(run !== '' && { run }) });
    } catch (error) {
      wrong.value = problemOf(error);
    }
    isBusy.value = false;
  };
  const look = () => attempt(async (wanted) => void (check.value = await client.checkRun(wanted)));
  const start = () =>
    attempt(async (wanted) => {
      const started = await client.startRun(wanted);
      onClose();
      go({ page: 'run', run: started.run });
    });
  const field = wrong.value && fieldOf(wrong.value);
  const at = (name: typeof field) => (field === name ? wrong.value : undefined);
  const marked = (name: NonNullable<typeof field>) => ({
    'aria-invalid': field === name,
    'aria-describedby': `start-${name}`,
  });
  return (
    <Dialog title="Start a run" onClose={onClose}>
      <form
        class="fields"
        onSubmit={(event) => {
          event.preventDefault();
          void start();
        }}
      >
        <label>
          Recipe
          <select
            value={recipe}
            onChange={({ currentTarget }) => change({ recipe: currentTarget.value })}
            {...marked('recipe')}
          >
            {recipes.value.map(({ name, title }) => (
              <option key={name} value={name}>
                {name}: {title}
              </option>
            ))}
          </select>
        </label>
        <p class="muted">{recipes.value.find(({ name }) => name === recipe)?.description}</p>
        <FieldProblem id="start-recipe" problem={at('recipe')} />
        <label>
          Dataset
          <select
            value={dataset}
            onChange={({ currentTarget }) => change({ dataset: currentTarget.value })}
            {...marked('dataset')}
          >
            {datasets.map(({ dataset: name, splits }) => (
              <option key={name} value={name}>
                {name} {splits && `(${count(splits.train)} images of train)`}
              </option>
            ))}
          </select>
        </label>
        {datasetList.value.value && datasets.length === 0 && (
          <p class="muted">
            No dataset is ready. Ingest one: <code>./unlabel ingest FOLDER --name NAME</code>
          </p>
        )}
        <FieldProblem id="start-dataset" problem={at('dataset')} />
        <label>
          Changes, one a line
          <textarea
            value={call.value.changes}
            placeholder={'epochs=20\nlearningRate.base=0.1'}
            onInput={({ currentTarget }) => change({ changes: currentTarget.value })}
            {...marked('changes')}
          />
        </label>
        <FieldProblem id="start-changes" problem={at('changes')} />
        <label>
          Name (made up if empty)
          <input
            value={call.value.run}
            onInput={({ currentTarget }) => change({ run: currentTarget.value })}
            {...marked('run')}
          />
        </label>
        <FieldProblem id="start-run" problem={at('run')} />
        {check.value && <Checked check={check.value} />}
        <div class="buttons">
          <button type="button" disabled={isBusy.value || dataset === ''} onClick={() => void look()}>
            Check
          </button>
          <button type="submit" class="main" disabled={isBusy.value || dataset === ''}>
            Start
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** What would be started. */
function Checked({ check: { spec, notes, model, place, stepsPerEpoch, totalSteps } }: { check: RunCheck }) {
  return (
    <div role="status" class="checked">
      <p>
        <strong>It can start.</strong> {spec.method.name} with {spec.backbone.name},{' '}
        {totalSteps === null ? 'as many steps as its minutes allow' : `${count(totalSteps)} steps`},{' '}
        {count(stepsPerEpoch)} an epoch; {count(model.parameters)} parameters.
      </p>
      <p>
        Memory at its peak: {bytes(place?.device === 'gpu' ? model.memory.deviceBytes : model.memory.hostBytes)}
        {place ? `; ${place.name} has ${bytes(place.bytes)}.` : '; no worker that trains is here yet.'}
      </p>
      {notes.length > 0 && (
        <ul>
          {notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
    </div>
  );
}
