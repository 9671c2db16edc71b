import { useId } from 'preact/hooks';

import type { PictureName, RunDetail, RunPictures } from '#lib/contracts';
import { count } from '#lib/figures';

/** A step that has a picture, and the picture's hash. */
export interface PicturedStep {
  step: number;
  sha256: string;
}

/** Steps that have a picture, rising. */
export function stepsWith(pictures: RunPictures, name: PictureName): PicturedStep[] {
  return pictures.steps.flatMap(({ step, pictures: made }) => {
    const found = made.find(({ picture }) => picture === name);
    return found ? [{ step, sha256: found.sha256 }] : [];
  });
}

/** A step in words: how many steps and epochs lie before it. */
export function stepInWords(step: number, { resolved }: Pick<RunDetail, 'resolved'>): string {
  if (step === 0) return 'before the first step';
  const epochs = resolved ? `, epoch ${Number((step / resolved.stepsPerEpoch).toFixed(1))}` : '';
  return `step ${count(step)}${epochs}`;
}

/** Chooses one of the steps that have a picture. */
export function StepSlider({
  steps,
  chosen,
  onChoose,
  words,
}: {
  steps: readonly number[];
  /** place of the chosen one */
  chosen: number;
  onChoose: (place: number) => void;
  words: (step: number) => string;
}) {
  const id = useId();
  const step = steps[chosen] as number;
  return (
    <div class="row step-slider">
      <label for={id}>Checkpoint</label>
      <button type="button" disabled={chosen === 0} aria-label="Checkpoint before" onClick={() => onChoose(chosen - 1)}>
        ‹
      </button>
      <input
        id={id}
        type="range"
        min={0}
        max={steps.length - 1}
        step={1}
        value={chosen}
        aria-valuetext={words(step)}
        onInput={({ currentTarget }) => onChoose(Number(currentTarget.value))}
      />
      <button
        type="button"
        disabled={chosen === steps.length - 1}
        aria-label="Checkpoint after"
        onClick={() => onChoose(chosen + 1)}
      >
        ›
      </button>
      <output for={id}>{words(step)}</output>
    </div>
  );
}
