import { type ViewsPicture, viewsPictureSchema } from '#lib/contracts';
import { Draws } from '#lib/sampling';
import { makeViews } from '#lib/transforms';

import { chooseSamples } from './choose-samples.ts';
import { drawSheet } from './sheet.ts';
import type { Picture, PicturesTask } from './task.ts';

const imagesShown = 8;
/** Enough epochs that so many views of an image are seen. */
const viewsShown = 4;

/** Images of train, each beside views of it: the pixels that the run trains on in its first epochs. */
export async function viewsPicture({ spec, samples }: PicturesTask): Promise<Picture> {
  const { size } = spec.image;
  const count = spec.views.views.reduce((sum, { count: each }) => sum + each, 0);
  const epochs = Array.from({ length: Math.ceil(viewsShown / count) }, (_, epoch) => epoch);
  const chosen = await chooseSamples(samples('train', null), imagesShown);
  const rows: Uint8Array[][] = [];
  for (const sample of chosen) {
    const image = await sample.whole();
    const views = epochs.flatMap((epoch) => {
      const draws = (view: number) =>
        new Draws({ seed: spec.seed, purpose: 'view', epoch, sample: sample.number, view });
      return makeViews(image, spec.views, draws).map(({ data }) => data);
    });
    rows.push([await sample.square(size), ...views]);
  }
  const { sheet, bytes } = await drawSheet('views.png', { side: size, rows });
  const content: ViewsPicture = {
    format: 'unlabel.views-picture',
    version: 1,
    split: 'train',
    sheet,
    rows: chosen.map(({ number, label }) => ({ sample: number, class: label })),
    columns: epochs.flatMap((epoch) => Array.from({ length: count }, (_, view) => ({ epoch, view }))),
  };
  return { picture: 'views', content: viewsPictureSchema.parse(content), files: [{ file: sheet.file, bytes }] };
}
