import type { RunPictures } from '#lib/contracts';

import { useFetched } from '../../parts/fetched.ts';
import { client } from '../../state/client.ts';
import { SquaresTable } from './squares-table.tsx';

type Views = Awaited<ReturnType<typeof client.viewsPicture>>;

/** Images of train beside the views that the run trains on. */
export function Views({ pictures }: { pictures: RunPictures }) {
  const found = pictures.steps.find(({ kind, state }) => kind === 'views' && state === 'made');
  const sha256 = found?.pictures.find(({ picture }) => picture === 'views')?.sha256;
  const { value, problem } = useFetched(sha256, () => client.viewsPicture(pictures.run));
  if (problem) return <p class="problem">{problem.text}</p>;
  if (!value) return <p class="waiting">Fetching …</p>;
  return <Table run={pictures.run} classes={pictures.classes} views={value} />;
}

function Table({ run, classes, views }: { run: string; classes: string[]; views: Views }) {
  const { sheet, rows, columns } = views;
  const hasSeveral = columns.some(({ view }) => view > 0);
  const heads = columns.map(({ epoch, view }) => `Epoch ${epoch + 1}${hasSeveral ? `, view ${view + 1}` : ''}`);
  return (
    <>
      <p class="muted">
        Each row is an image of train and what the run’s own augmentation makes of it: the pixels that it trains on in
        its first epochs.
      </p>
      <SquaresTable
        label="Augmented views"
        run={run}
        step={0}
        sheet={sheet}
        classes={classes}
        rows={rows}
        columns={[{ head: 'Image', name: 'the image' }, ...heads.map((head) => ({ head, name: head }))]}
      />
    </>
  );
}
