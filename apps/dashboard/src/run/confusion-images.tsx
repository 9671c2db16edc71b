import { useSignal } from '@preact/signals';

import '../parts/pictures.css';
import { ProblemWords } from '../parts/problem-words.tsx';

import type { Confused, ProbeResult } from '#lib/contracts';
import { count } from '#lib/figures';

import { useFetched } from '../parts/fetched.ts';
import { fileOf } from '../parts/file-of.ts';
import { RemoteImage } from '../parts/remote-image.tsx';
import { client } from '../state/client.ts';

const page = 60;

/** The images of one cell of a confusion matrix. */
export function ConfusionImages(props: { run: string; probe: ProbeResult; truth: number; predicted: number }) {
  const { run, probe, truth, predicted } = props;
  return <Cell key={`${run} ${probe.kind} ${truth} ${predicted}`} {...props} />;
}

function Cell({
  run,
  probe: { kind, encoder, measuredOn, perClass },
  truth,
  predicted,
}: {
  run: string;
  probe: ProbeResult;
  truth: number;
  predicted: number;
}) {
  const limit = useSignal(page);
  const step = encoder.kind === 'checkpoint' ? encoder.step : 0;
  const { split } = measuredOn;
  const key = [run, step, kind, split, truth, predicted, limit.value].join(' ');
  const { value, problem } = useFetched(key, () =>
    client.confused(run, { step, kind, split }, { truth, predicted, limit: limit.value }),
  );
  const name = (label: number) => perClass[label]?.name ?? `class ${label}`;
  if (problem)
    return (
      <p class="problem">
        <ProblemWords problem={problem} />
      </p>
    );
  if (!value) return <p class="waiting">Fetching …</p>;
  return (
    <>
      <p class="muted">
        {count(value.total)} {value.total === 1 ? 'image' : 'images'} of {split}
        {value.samples.length < value.total && `, the first ${value.samples.length}`}
      </p>
      <Images confused={value} label={name(truth)} />
      {value.samples.length < value.total && (
        <button
          type="button"
          onClick={() => (limit.value = Math.min(limit.value + 4 * page, 500))}
          disabled={limit.value >= 500}
        >
          Show more
        </button>
      )}
    </>
  );
}

function Images({ confused: { dataset, contentHash, split, samples }, label }: { confused: Confused; label: string }) {
  return (
    <ul class="image-grid">
      {samples.map(({ index, id }) => (
        <li key={index}>
          <figure>
            <RemoteImage
              address={client.imageUrl(dataset, { split, index, size: 160, content: contentHash })}
              alt={`${label}, ${id}`}
            />
            <figcaption title={id}>{fileOf(id)}</figcaption>
          </figure>
        </li>
      ))}
    </ul>
  );
}
