import { useSignal } from '@preact/signals';

import type { RunSummary } from '#lib/contracts';

import { Dialog } from '../parts/dialog.tsx';
import { FieldProblem } from '../parts/field-problem.tsx';
import { client } from '../state/client.ts';
import { type Problem, problemOf } from '../state/problem.ts';
import { tagsOf } from './tags.ts';

/** What a person says of a run. */
export function EditAbout({
  run,
  about,
  onClose,
  onChanged,
}: {
  run: string;
  about: RunSummary['about'];
  onClose: () => void;
  onChanged: () => void;
}) {
  const title = useSignal(about.title ?? '');
  const tags = useSignal(about.tags.join(', '));
  const notes = useSignal(about.notes);
  const wrong = useSignal<Problem | undefined>(undefined);
  const save = async () => {
    try {
      await client.changeAbout(run, {
        title: title.value.trim() || null,
        tags: tagsOf(tags.value),
        notes: notes.value,
      });
      onChanged();
      onClose();
    } catch (error) {
      wrong.value = problemOf(error);
    }
  };
  return (
    <Dialog title={`About ${run}`} onClose={onClose}>
      <form
        class="fields"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <label>
          Title, shown instead of its id
          <input
            value={title.value}
            maxLength={120}
            onInput={({ currentTarget }) => (title.value = currentTarget.value)}
          />
        </label>
        <label>
          Tags, with commas between them
          <input value={tags.value} onInput={({ currentTarget }) => (tags.value = currentTarget.value)} />
        </label>
        <label>
          Notes
          <textarea
            value={notes.value}
            maxLength={20_000}
            onInput={({ currentTarget }) => (notes.value = currentTarget.value)}
          />
        </label>
        <FieldProblem id="about-problem" problem={wrong.value} />
        <div class="buttons">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="main">
            Save
          </button>
        </div>
      </form>
    </Dialog>
  );
}
