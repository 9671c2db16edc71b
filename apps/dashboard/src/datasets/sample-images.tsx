import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

import type { DatasetSamples, Split } from '#lib/contracts';

import { GuardedImage } from '../login/guarded-image.tsx';
import { client } from '../state/client.ts';
import { type Problem, problemOf } from '../state/problem.ts';

const shown = 48;
const sizePx = 96;

/** Some images of a split, or of a class of it. */
export function SampleImages({ dataset, split, class: label }: { dataset: string; split: Split; class?: number }) {
  const samples = useSignal<DatasetSamples | undefined>(undefined);
  const problem = useSignal<Problem | undefined>(undefined);
  useEffect(() => {
    let isGone = false;
    client.samples(dataset, { split, count: shown, ...(label !== undefined && { class: label }) }).then(
      (found) => {
        if (isGone) return;
        samples.value = found;
        problem.value = undefined;
      },
      (error: unknown) => {
        if (!isGone) problem.value = problemOf(error);
      },
    );
    return () => {
      isGone = true;
    };
  }, [dataset, split, label]);
  if (problem.value) return <p class="problem">{problem.value.text}</p>;
  const found = samples.value;
  if (!found) return <p class="waiting">Fetching images …</p>;
  if (found.samples.length === 0) return <p class="muted">There is no image here.</p>;
  return (
    <div class="samples">
      {found.samples.map(({ index, id }) => (
        <GuardedImage
          key={index}
          src={client.imageUrl(dataset, { split: found.split, index, size: sizePx, content: found.contentHash })}
          alt={id}
          title={id}
          loading="lazy"
        />
      ))}
    </div>
  );
}
