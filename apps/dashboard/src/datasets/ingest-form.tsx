import { useSignal } from '@preact/signals';
import { useId } from 'preact/hooks';

import { FieldProblem } from '../parts/field-problem.tsx';
import { client } from '../state/client.ts';
import { type Problem, problemOf } from '../state/problem.ts';
import { emptyFields, fieldOf, ingestCall, type IngestField, type IngestFields } from './ingest-call.ts';

const asked: readonly { field: IngestField; label: string; hint: string; isNumber?: true }[] = [
  { field: 'name', label: 'Name', hint: 'lower-case letters, digits, "-" and "_"' },
  {
    field: 'sources',
    label: 'Sources, one a line',
    hint: 'folders or one tar by their full paths, as the machine of the ingest workers has them; or a name of the catalogue: cifar10, fashion-mnist',
  },
  { field: 'evalSource', label: 'Source of the eval split', hint: 'empty: a part of each class is held out instead' },
  {
    field: 'holdout',
    label: 'Held out as eval, %',
    hint: 'of each class, unless the eval split has its own source',
    isNumber: true,
  },
  {
    field: 'tune',
    label: 'Cut off train as tune, %',
    hint: 'of each class; decides early stopping and the best checkpoint',
    isNumber: true,
  },
  { field: 'classes', label: 'Only the first so many classes', hint: 'by name; empty: all', isNumber: true },
  { field: 'fraction', label: 'Only a part of the images, %', hint: 'of each class, chosen by hash', isNumber: true },
  { field: 'size', label: 'Store as squares of so many pixels', hint: 'empty: as they are', isNumber: true },
];

/** Asks for an ingest. @param onStarted called with the name of the dataset */
export function IngestForm({ onStarted }: { onStarted: (dataset: string) => void }) {
  const fields = useSignal<IngestFields>(emptyFields);
  const wrong = useSignal<{ field: IngestField; problem: Problem } | undefined>(undefined);
  const isBusy = useSignal(false);
  const id = useId();
  const start = async () => {
    const parsed = ingestCall(fields.value);
    if (!parsed.ok) {
      wrong.value = { field: parsed.field, problem: { text: parsed.text, remedy: undefined, field: undefined } };
      return;
    }
    isBusy.value = true;
    try {
      await client.ingest(parsed.call);
      onStarted(parsed.call.dataset);
    } catch (error) {
      const problem = problemOf(error);
      wrong.value = { field: fieldOf(problem.field?.split('.') ?? []), problem };
    }
    isBusy.value = false;
  };
  return (
    <form
      class="fields"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        wrong.value = undefined;
        void start();
      }}
    >
      {asked.map(({ field, label, hint, isNumber }) => {
        const problem = wrong.value?.field === field ? wrong.value.problem : undefined;
        const described = `${id}-${field}-hint${problem ? ` ${id}-${field}-problem` : ''}`;
        const control = {
          id: `${id}-${field}`,
          value: fields.value[field],
          'aria-describedby': described,
          'aria-invalid': problem !== undefined,
        };
        const write = (text: string) => (fields.value = { ...fields.value, [field]: text });
        return (
          <div key={field}>
            <label for={control.id}>{label}</label>
            {field === 'sources' ? (
              <textarea {...control} rows={3} onInput={({ currentTarget }) => write(currentTarget.value)} />
            ) : (
              <input
                {...control}
                type="text"
                autocomplete="off"
                inputMode={isNumber ? 'decimal' : 'text'}
                onInput={({ currentTarget }) => write(currentTarget.value)}
              />
            )}
            <span class="hint" id={`${id}-${field}-hint`}>
              {hint}
            </span>
            <FieldProblem id={`${id}-${field}-problem`} problem={problem} />
          </div>
        );
      })}
      <div class="buttons">
        <button type="submit" class="main" disabled={isBusy.value}>
          Start the ingest
        </button>
      </div>
    </form>
  );
}
