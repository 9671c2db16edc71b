import { useEffect } from 'preact/hooks';

import { reconstructionColumns, type ReconstructionsPicture, type RunDetail, type RunPictures } from '#lib/contracts';
import { figure } from '#lib/figures';

import { client } from '../../state/client.ts';
import { guarded } from '../../state/problem.ts';
import { AtStep } from './at-step.tsx';
import { loadSheet } from './sheet.tsx';
import { SquaresTable } from './squares-table.tsx';
import { type PicturedStep, stepsWith } from './steps.tsx';

const heads: Record<(typeof reconstructionColumns)[number], string> = {
  original: 'Image',
  masked: 'What the encoder sees',
  reconstructed: 'Removed patches predicted',
  predicted: 'All patches predicted',
};

/** What was fetched of a step; the bytes behind a hash never change. */
const fetched = new Map<string, Promise<ReconstructionsPicture>>();
function fetchStep(run: string, { step, sha256 }: PicturedStep): Promise<ReconstructionsPicture> {
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
  const all = steps.map(({ sha256 }) => sha256).join();
  useEffect(
    () =>
      void guarded(async () => {
        for (const step of steps) await loadSheet(pictures.run, step.step, (await fetchStep(pictures.run, step)).sheet);
      }),
    [all],
  );
  const fetch = (at: PicturedStep) => fetchStep(pictures.run, at);
  return (
    <AtStep run={run} pictures={pictures} picture="reconstructions" fetch={fetch}>
      {(value) => <Shown run={pictures.run} classes={pictures.classes} picture={value} />}
    </AtStep>
  );
}

function Shown({ run, classes, picture }: { run: string; classes: string[]; picture: ReconstructionsPicture }) {
  const { sheet, rows, isNormalised, loss, split, step } = picture;
  return (
    <>
      <p class="muted">
        Loss of these images: {figure(loss)}. They are of {split}, which the run does not train on; images and masks are
        the same at every checkpoint.
        {isNormalised &&
          ' Patches are predicted normalised, so that they have no brightness of their own: they are shown with the mean and the deviation of the true ones.'}
      </p>
      <SquaresTable
        label="Reconstructions"
        run={run}
        step={step}
        sheet={sheet}
        classes={classes}
        rows={rows}
        columns={reconstructionColumns.map((column) => ({ head: heads[column], name: heads[column] }))}
      />
    </>
  );
}
