import type { ControlClient } from '#lib/client';
import { type PictureName, reconstructionColumns, type Sheet } from '#lib/contracts';
import type { PictureGroup, Projection } from '#lib/report';

/** A report can be sent by mail: larger sheets stay in the dashboard. */
const largestSheetBytes = 600_000;
/** Squares of small images are shown larger than they are. */
const [leastSide, mostWidth] = [48, 880];

/** The newest pictures of a run: sheets of its views and of what a masked autoencoder makes of images, and its embeddings in two dimensions. */
export async function picturesOf(
  client: ControlClient,
  run: string,
): Promise<{ pictures: PictureGroup[]; projection: Projection | null }> {
  const { steps, classes } = await client.pictures(run);
  const newest = (picture: PictureName) =>
    steps.filter(({ state, pictures }) => state === 'made' && pictures.some((each) => each.picture === picture)).at(-1)
      ?.step;
  const groups: PictureGroup[] = [];
  const viewsStep = newest('views');
  if (viewsStep !== undefined) {
    const { sheet, columns, split } = await client.viewsPicture(run, viewsStep);
    const views = columns.map(({ epoch, view }) => `epoch ${epoch} view ${view + 1}`).join(', ');
    groups.push(
      await sheetGroup(client, run, viewsStep, sheet, {
        title: 'Augmented views that the run trains on',
        caption: `A row is an image of ${split}: the image itself, then ${views}.`,
      }),
    );
  }
  const mae = newest('reconstructions');
  if (mae !== undefined) {
    const { sheet, split, loss } = await client.reconstructions(run, mae);
    groups.push(
      await sheetGroup(client, run, mae, sheet, {
        title: `Reconstructions at step ${mae}`,
        caption: `A row is an image of ${split}: ${reconstructionColumns.join(', ')}; loss of the removed patches ${loss.toPrecision(3)}.`,
      }),
    );
  }
  const projected = newest('projection');
  return {
    pictures: groups.filter(({ images }) => images.length > 0),
    projection: projected === undefined ? null : { picture: await client.projection(run, projected), classes },
  };
}

async function sheetGroup(
  client: ControlClient,
  run: string,
  step: number,
  sheet: Sheet,
  { title, caption }: { title: string; caption: string },
): Promise<PictureGroup> {
  const bytes = await client.sheet(run, step, sheet);
  if (bytes.length > largestSheetBytes) return { title, images: [] };
  const width = Math.min(mostWidth, sheet.columns * Math.max(sheet.side, leastSide));
  const dataUrl = `data:image/png;base64,${Buffer.from(bytes).toString('base64')}`;
  return { title, images: [{ caption, dataUrl, width }] };
}
