import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

import { reconstructionColumns, type ReconstructionsPicture, type RunDetail, type RunPictures } from '#lib/contracts';

import { figure } from '../../format.ts';
import { useFetched } from '../../parts/fetched.ts';
import { client } from '../../state/client.ts';
import { guarded } from '../../state/problem.ts';
import { className } from './class-name.ts';
import { loadSheet, Square, useSheet } from './sheet.tsx';
import { stepInWords, stepsWith, StepSlider } from './steps.tsx';

const heads: Record<(typeof reconstructionColumns)[number], string> = {
  original: 'Image',
  masked: 'What the encoder sees',
  reconstructed: 'Removed patches predicted',
  predicted: 'All patches predicted',
};

/** What was fetched of a step; the bytes behind a hash never change. */
const fetched = new Map<string, Promise<ReconstructionsPicture>>();
function fetchStep(run: string, { step, sha256 }: { step: number; sha256: string }): Promise<ReconstructionsPicture> {
  const known = fetched.get(sha256);
  if (known) return known;
  const asked = client.reconstructions(run, step);
  fetched.set(sha256, asked);
  asked.catch(() => fetched.delete(sha256));
  return asked;
}

/** What a masked autoencoder makes of images, from before its first step to its last. */
export function Reconstructions({ run, pictures }: { run: RunDetail; pictures: RunPictures }) {
  const steps = stepsWith(pictures, 'reconstructions');
  const chosen = useSignal<number | undefined>(undefined); // undefined: the last, also when a later one comes
  const place = Math.min(chosen.value ?? Infinity, steps.length - 1);
  const at = steps[place];
  const { value, problem } = useFetched(at?.sha256, () => fetchStep(pictures.run, at as NonNullable<typeof at>));
  const all = steps.map(({ sha256 }) => sha256).join();
  useEffect(
    () =>
      void guarded(async () => {
        for (const step of steps) await loadSheet(pictures.run, step.step, (await fetchStep(pictures.run, step)).sheet);
      }),
    [all],
  );
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
      {value && <Shown run={pictures.run} classes={pictures.classes} picture={value} />}
    </>
  );
}

function Shown({ run, classes, picture }: { run: string; classes: string[]; picture: ReconstructionsPicture }) {
  const { sheet, rows, isNormalised, loss, split, step } = picture;
  const image = useSheet(run, step, sheet);
  return (
    <>
      <p class="muted">
        Loss of these images: {figure(loss)}. They are of {split}, which the run does not train on; images and masks are
        the same at every checkpoint.
        {isNormalised &&
          ' Patches are predicted normalised, so that they have no brightness of their own: they are shown with the mean and the deviation of the true ones.'}
      </p>
      <div class="scroll" tabIndex={0} role="region" aria-label="Reconstructions">
        <table class="squares">
          <thead>
            <tr>
              <th scope="col">Class</th>
              {reconstructionColumns.map((column) => (
                <th key={column} scope="col">
                  {heads[column]}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ sample, class: label }, row) => (
              <tr key={sample}>
                <th scope="row">{className(classes, label)}</th>
                {reconstructionColumns.map((column, place) => (
                  <td key={column}>
                    <Square
                      image={image}
                      side={sheet.side}
                      row={row}
                      column={place}
                      label={`${className(classes, label)}, number ${sample}: ${heads[column]}`}
                    />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
