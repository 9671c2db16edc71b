import { useSignal } from '@preact/signals';

import type { DatasetDetail, Split } from '#lib/contracts';

import { ClassTable } from './class-table.tsx';
import { SampleImages } from './sample-images.tsx';

const splits: readonly Split[] = ['train', 'tune', 'eval'];

/** Classes and images; a class that is clicked has its images shown. */
export function Contents({ detail: { summary, index } }: { detail: DatasetDetail }) {
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
