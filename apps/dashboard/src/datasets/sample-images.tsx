import { useSignal } from '@preact/signals';

import '../parts/pictures.css';
import { ProblemWords } from '../parts/problem-words.tsx';

import type { Split } from '#lib/contracts';
import { count } from '#lib/figures';

import { useFetched } from '../parts/fetched.ts';
import { fileOf } from '../parts/file-of.ts';
import { RemoteImage } from '../parts/remote-image.tsx';
import { client } from '../state/client.ts';

const page = 48;

interface Shown {
  dataset: string;
  split: Split;
  /** only images of this class; undefined: of all */
  class?: number | undefined;
  /** names, by class number, for the captions; left out: none are shown */
  classes?: readonly string[] | undefined;
}

/** Images of a split of a dataset, a page at a time. */
export function SampleImages(props: Shown) {
  return <Pages key={`${props.dataset} ${props.split} ${props.class ?? 'all'}`} {...props} />;
}

function Pages({ dataset, split, class: label, classes }: Shown) {
  const offset = useSignal(0);
  const key = [dataset, split, label, offset.value].join(' ');
  const { value, problem } = useFetched(key, () =>
    client.samples(dataset, { split, count: page, offset: offset.value, ...(label !== undefined && { class: label }) }),
  );
  if (problem)
    return (
      <p class="problem">
        <ProblemWords problem={problem} />
      </p>
    );
  if (!value) return <p class="waiting">Fetching …</p>;
  const { samples, total, contentHash } = value;
  if (total === 0) return <p class="muted">There are none.</p>;
  const name = (of: number) => (of < 0 ? 'no class' : classes?.[of]);
  return (
    <>
      <ul class="image-grid">
        {samples.map(({ index, id, class: of }) => (
          <li key={index}>
            <figure>
              <RemoteImage
                address={client.imageUrl(dataset, { split, index, size: 160, content: contentHash })}
                alt={[name(of), id].filter(Boolean).join(', ')}
              />
              <figcaption title={id}>{name(of) ?? fileOf(id)}</figcaption>
            </figure>
          </li>
        ))}
      </ul>
      <div class="row">
        <button
          type="button"
          disabled={offset.value === 0}
          onClick={() => (offset.value = Math.max(0, offset.value - page))}
        >
          Before
        </button>
        <span role="status">
          {count(value.offset + 1)} to {count(value.offset + samples.length)} of {count(total)}
        </span>
        <button
          type="button"
          disabled={value.offset + samples.length >= total}
          onClick={() => (offset.value = offset.value + page)}
        >
          After
        </button>
      </div>
    </>
  );
}
