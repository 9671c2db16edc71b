import { type Signal, useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';

import type { ProjectionPicture, RunDetail, RunPictures } from '#lib/contracts';
import { count, percent } from '#lib/figures';

import { seriesColour } from '../../charts/colours.ts';
import { RemoteImage } from '../../parts/remote-image.tsx';
import { client } from '../../state/client.ts';
import { AtStep } from './at-step.tsx';
import { className } from './class-name.ts';
import { PointList } from './point-list.tsx';
import { markOf, trace } from './scatter-draw.ts';
import { Scatter } from './scatter.tsx';
import type { PicturedStep } from './steps.tsx';

/** Embeddings of images as points of a plane. */
export function Projection({ run, pictures }: { run: RunDetail; pictures: RunPictures }) {
  const fetch = ({ step }: PicturedStep) => client.projection(pictures.run, step);
  return (
    <AtStep run={run} pictures={pictures} picture="projection" fetch={fetch}>
      {(value) => <Shown pictures={pictures} picture={value} />}
    </AtStep>
  );
}

function Shown({ pictures, picture }: { pictures: RunPictures; picture: ProjectionPicture }) {
  const way = useSignal<'umap' | 'pca'>('umap');
  const hidden = useSignal<ReadonlySet<number>>(new Set());
  const point = useSignal<number | undefined>(undefined);
  const { samples, classes, pca, umap, split } = picture;
  const labels = useMemo(() => [...new Set(classes)].sort((a, b) => a - b), [classes]);
  const words = {
    umap: `UMAP on cosine distances, ${umap.neighbours} neighbours. Near points are near in the features; distances between groups say little.`,
    pca: `The first two principal components, ${percent(pca.explained[0] + pca.explained[1], 1)} of the variance.`,
  };
  return (
    <>
      <fieldset class="row">
        <legend class="unseen">How the features are drawn</legend>
        {(['umap', 'pca'] as const).map((each) => (
          <label key={each}>
            <input type="radio" name="projection" checked={way.value === each} onChange={() => (way.value = each)} />{' '}
            {each === 'umap' ? 'UMAP' : 'PCA'}
          </label>
        ))}
        <span class="muted">
          {count(samples.length)} images of {split}. {words[way.value]}
        </span>
      </fieldset>
      <div class="projection">
        <Scatter
          points={way.value === 'umap' ? umap : pca}
          classes={classes}
          hidden={hidden.value}
          chosen={point.value}
          onChoose={(next) => (point.value = next)}
          label={`${way.value === 'umap' ? 'UMAP' : 'PCA'} of ${samples.length} images`}
        />
        <div class="projection-side">
          <PointCard pictures={pictures} picture={picture} point={point.value} />
          <Legend classes={pictures.classes} labels={labels} hidden={hidden} />
        </div>
      </div>
      <PointList pictures={pictures} picture={picture} chosen={point} hidden={hidden.value} />
    </>
  );
}

function PointCard({
  pictures: { dataset, contentHash, classes },
  picture: { samples, classes: labels, split },
  point,
}: {
  pictures: RunPictures;
  picture: ProjectionPicture;
  point: number | undefined;
}) {
  const index = point === undefined ? undefined : samples[point];
  if (point === undefined || index === undefined)
    return <p class="point muted">Point at one to see its image. Ctrl and the wheel zoom, dragging moves.</p>;
  const name = className(classes, labels[point] ?? -1);
  return (
    <figure class="point" aria-live="polite">
      <RemoteImage
        key={index}
        isEager
        address={client.imageUrl(dataset, { split, index, size: 160, content: contentHash })}
        alt={`${name}, image ${index} of ${split}`}
      />
      <figcaption>
        <strong>{name}</strong>
        <br />
        image {index} of {split}
      </figcaption>
    </figure>
  );
}

/** Classes with their marks; a button hides or shows one. */
function Legend({
  classes,
  labels,
  hidden,
}: {
  classes: string[];
  labels: number[];
  hidden: Signal<ReadonlySet<number>>;
}) {
  const toggle = (label: number) => {
    const next = new Set(hidden.value);
    if (!next.delete(label)) next.add(label);
    hidden.value = next;
  };
  const only = (label: number) => (hidden.value = new Set(labels.filter((other) => other !== label)));
  return (
    <div class="class-legend">
      <div class="row">
        <button type="button" disabled={hidden.value.size === 0} onClick={() => (hidden.value = new Set())}>
          All classes
        </button>
        <button
          type="button"
          disabled={hidden.value.size === labels.length}
          onClick={() => (hidden.value = new Set(labels))}
        >
          None
        </button>
      </div>
      <ul tabIndex={0} aria-label="Classes">
        {labels.map((label) => (
          <li key={label}>
            <button
              type="button"
              aria-pressed={!hidden.value.has(label)}
              title="Double click: only this class"
              onClick={() => toggle(label)}
              onDblClick={() => only(label)}
            >
              <Mark label={label} /> {className(classes, label)}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** The mark of a class as it is on the canvas. */
function Mark({ label }: { label: number }) {
  const { colour, shape } = markOf(label);
  const path = useMemo(() => pathOf(shape), [shape]);
  return (
    <svg class="mark" viewBox="-8 -8 16 16" width="14" height="14" aria-hidden="true">
      <path d={path} fill={`var(${seriesColour(colour)})`} />
    </svg>
  );
}

/** A mark's outline as the path of an SVG: the same calls that draw it on a canvas. */
function pathOf(shape: Parameters<typeof trace>[1]): string {
  const parts: string[] = [];
  const path = {
    moveTo: (x: number, y: number) => parts.push(`M${x} ${y}`),
    lineTo: (x: number, y: number) => parts.push(`L${x} ${y}`),
    closePath: () => parts.push('Z'),
    rect: (x: number, y: number, w: number, h: number) => parts.push(`M${x} ${y}h${w}v${h}h${-w}Z`),
    arc: (x: number, y: number, r: number) =>
      parts.push(`A${r} ${r} 0 1 0 ${x - r} ${y}A${r} ${r} 0 1 0 ${x + r} ${y}Z`),
  };
  trace(path as unknown as CanvasPath, shape, 0, 0, 5);
  return parts.join('');
}
