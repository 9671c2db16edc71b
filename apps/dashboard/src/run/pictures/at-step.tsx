import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';

import type { PictureName, RunDetail, RunPictures } from '#lib/contracts';

import { useFetched } from '../../parts/fetched.ts';
import { type PicturedStep, stepInWords, StepSlider, stepsWith } from './steps.tsx';

interface Props<T> {
  run: RunDetail;
  pictures: RunPictures;
  picture: PictureName;
  fetch: (at: PicturedStep) => Promise<T>;
  children: (value: T) => ComponentChildren;
}

/** A picture of a run at one of the steps that have it, which a slider chooses: the last, also when a later one comes. */
export function AtStep<T>({ run, pictures, picture, fetch, children }: Props<T>) {
  const steps = stepsWith(pictures, picture);
  const chosen = useSignal<number | undefined>(undefined);
  const place = Math.min(chosen.value ?? Infinity, steps.length - 1);
  const at = steps[place];
  const { value, problem } = useFetched(at?.sha256, () => fetch(at as PicturedStep));
  if (!at) return <p class="waiting">The first ones are being made.</p>;
  return (
    <>
      <StepSlider
        steps={steps.map(({ step }) => step)}
        chosen={place}
        onChoose={(next) => (chosen.value = next)}
        words={(step) => stepInWords(step, run)}
      />
      {problem && <p class="problem">{problem.text}</p>}
      {value && children(value)}
    </>
  );
}
