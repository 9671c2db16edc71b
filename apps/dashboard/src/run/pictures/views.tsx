import type { RunPictures } from '#lib/contracts';

import { useFetched } from '../../parts/fetched.ts';
import { client } from '../../state/client.ts';
import { className } from './class-name.ts';
import { Square, useSheet } from './sheet.tsx';

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
  const image = useSheet(run, 0, sheet);
  const hasSeveral = columns.some(({ view }) => view > 0);
  const heads = columns.map(({ epoch, view }) => `Epoch ${epoch + 1}${hasSeveral ? `, view ${view + 1}` : ''}`);
  return (
    <>
      <p class="muted">
        Each row is an image of train and what the run’s own augmentation makes of it: the pixels that it trains on in
        its first epochs.
      </p>
      <div class="scroll" tabIndex={0} role="region" aria-label="Augmented views">
        <table class="squares">
          <thead>
            <tr>
              <th scope="col">Class</th>
              <th scope="col">Image</th>
              {heads.map((head) => (
                <th key={head} scope="col">
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ sample, class: label }, row) => (
              <tr key={sample}>
                <th scope="row">{className(classes, label)}</th>
                {['the image', ...heads].map((head, column) => (
                  <td key={head}>
                    <Square
                      image={image}
                      side={sheet.side}
                      row={row}
                      column={column}
                      label={`${className(classes, label)}, number ${sample}: ${head}`}
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
