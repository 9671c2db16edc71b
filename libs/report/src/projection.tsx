import { scaleLinear } from 'd3-scale';

import type { ProjectionPicture } from '#lib/contracts';
import { count, percent } from '#lib/figures';

/** Embeddings in two dimensions, with the names of the classes that colour them. */
export interface Projection {
  picture: ProjectionPicture;
  classes: string[];
}

const [width, height] = [460, 400];
const margin = 14;
/** Of more classes the names would lie on each other. */
const mostNames = 12;

/** Embeddings of images as points coloured by class, each class named at its middle: by UMAP, and by PCA. */
export function Projections({ projection: { picture, classes } }: { projection: Projection }) {
  const { pca, umap, split, samples, step } = picture;
  const what = `${count(samples.length)} images of ${split}, encoder of step ${step}, coloured by class`;
  return (
    <section class="projections">
      <h4>Embeddings in two dimensions</h4>
      <div class="row">
        <Scatter
          title={`UMAP of ${what}; ${umap.neighbours} neighbours. Only nearness means something.`}
          points={umap}
          classes={picture.classes}
          names={classes}
        />
        <Scatter
          title={`PCA of ${what}; the axes hold ${percent(pca.explained[0])} and ${percent(pca.explained[1])} of the variance.`}
          points={pca}
          classes={picture.classes}
          names={classes}
        />
      </div>
    </section>
  );
}

interface ScatterProps {
  title: string;
  points: { x: number[]; y: number[] };
  classes: number[];
  names: string[];
}

function Scatter({ title, points, classes, names }: ScatterProps) {
  const across = axis(points.x, [margin, width - margin]);
  const up = axis(points.y, [height - margin, margin]);
  const shown = [...new Set(classes)].filter((each) => each >= 0).sort((a, b) => a - b);
  return (
    <figure>
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={title}>
        {shown.concat(classes.includes(-1) ? [-1] : []).map((each) => (
          <g key={each} class={each < 0 ? 's7' : `s${each % 8}`}>
            <path class="points" d={dots(points, classes, each, across, up)} />
          </g>
        ))}
        {shown.length <= mostNames &&
          shown.map((each) => (
            <text
              key={each}
              class="class-name"
              x={across(middle(points.x, classes, each))}
              y={up(middle(points.y, classes, each))}
              text-anchor="middle"
            >
              {names[each] ?? each}
            </text>
          ))}
      </svg>
      <figcaption>{title}</figcaption>
    </figure>
  );
}

type Axis = (value: number) => number;

function axis(values: readonly number[], range: [number, number]): Axis {
  const scale = scaleLinear([Math.min(...values), Math.max(...values)], range);
  return (value) => Math.round(10 * scale(value)) / 10;
}

/** Strokes of no length with round ends: a point in a dozen bytes. */
const dots = ({ x, y }: ScatterProps['points'], classes: number[], of: number, across: Axis, up: Axis): string =>
  classes.flatMap((each, i) => (each === of ? [`M${across(x[i] as number)} ${up(y[i] as number)}h0`] : [])).join('');

/** The median, which strays do not move. */
function middle(values: readonly number[], classes: readonly number[], of: number): number {
  const own = values.filter((_, i) => classes[i] === of).sort((a, b) => a - b);
  return own[Math.floor(own.length / 2)] ?? 0;
}
