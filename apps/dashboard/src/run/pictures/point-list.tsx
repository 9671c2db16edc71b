import { type Signal, useSignal } from '@preact/signals';

import type { ProjectionPicture, RunPictures } from '#lib/contracts';
import { count } from '#lib/figures';

import { className } from './class-name.ts';

const pageRows = 25;

/** The points of a projection as a list, for whoever does not point. Choosing one marks it and shows its image. */
export function PointList({
  pictures,
  picture: { samples, classes, umap, pca },
  chosen,
  hidden,
}: {
  pictures: RunPictures;
  picture: ProjectionPicture;
  chosen: Signal<number | undefined>;
  hidden: ReadonlySet<number>;
}) {
  const isOpen = useSignal(false);
  const page = useSignal(0);
  const points = samples.map((_, point) => point).filter((point) => !hidden.has(classes[point] ?? -1));
  const pages = Math.max(Math.ceil(points.length / pageRows), 1);
  const at = Math.min(page.value, pages - 1);
  return (
    <details onToggle={({ currentTarget }) => (isOpen.value = currentTarget.open)}>
      <summary>The same as a list</summary>
      {isOpen.value && (
        <>
          <div class="row">
            <button type="button" disabled={at === 0} onClick={() => (page.value = at - 1)}>
              Before
            </button>
            <span>
              page {at + 1} of {pages}, {count(points.length)} images
            </span>
            <button type="button" disabled={at === pages - 1} onClick={() => (page.value = at + 1)}>
              After
            </button>
          </div>
          <div class="scroll" tabIndex={0} role="region" aria-label="Points">
            <table>
              <thead>
                <tr>
                  <th scope="col">Image</th>
                  <th scope="col">Class</th>
                  {['UMAP x', 'UMAP y', 'PCA x', 'PCA y'].map((head) => (
                    <th key={head} scope="col" class="number">
                      {head}
                    </th>
                  ))}
                  <th scope="col">
                    <span class="unseen">What to do</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {points.slice(at * pageRows, (at + 1) * pageRows).map((point) => (
                  <tr key={point}>
                    <th scope="row">{samples[point]}</th>
                    <td>{className(pictures.classes, classes[point] ?? -1)}</td>
                    {[umap.x, umap.y, pca.x, pca.y].map((values, i) => (
                      <td key={i} class="number">
                        {values[point]?.toFixed(2)}
                      </td>
                    ))}
                    <td>
                      <button
                        type="button"
                        aria-pressed={chosen.value === point}
                        onClick={() => (chosen.value = chosen.value === point ? undefined : point)}
                      >
                        Show<span class="unseen"> image {samples[point]}</span>
                      </button>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
    </details>
  );
}
