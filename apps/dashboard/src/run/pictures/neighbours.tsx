import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';

import type { NeighboursPicture, RunDetail, RunPictures, Split } from '#lib/contracts';
import { count, percent } from '#lib/figures';

import { RemoteImage } from '../../parts/remote-image.tsx';
import { client } from '../../state/client.ts';
import { AtStep } from './at-step.tsx';
import { className } from './class-name.ts';
import type { PicturedStep } from './steps.tsx';

const firstShown = 24;
const moreShown = 72;
/** Side of images on the page in CSS pixels, doubled for dense screens. */
const imageSize = 160;

/** Images of train that an encoder holds for alike. */
export function Neighbours({ run, pictures }: { run: RunDetail; pictures: RunPictures }) {
  const query = useSignal(0);
  const fetch = ({ step }: PicturedStep) => client.neighbours(pictures.run, step);
  return (
    <AtStep run={run} pictures={pictures} picture="neighbours" fetch={fetch}>
      {(value) => (
        <>
          <p class="muted">
            The nearest of {count(value.bankSamples)} images of train, by the cosine of their features.
            {value.sameClass !== null &&
              ` Of all neighbours here, ${percent(value.sameClass, 1)} are of the class of their image.`}
          </p>
          <Nearest pictures={pictures} found={value} row={Math.min(query.value, value.queries.length - 1)} />
          <Queries pictures={pictures} found={value} chosen={query.value} onChoose={(row) => (query.value = row)} />
        </>
      )}
    </AtStep>
  );
}

const addressOf = ({ dataset, contentHash }: RunPictures, split: Split, index: number): string =>
  client.imageUrl(dataset, { split, index, size: imageSize, content: contentHash });

function Nearest({ pictures, found, row }: { pictures: RunPictures; found: NeighboursPicture; row: number }) {
  const { classes } = pictures;
  const label = found.classes[row] ?? -1;
  const [neighbours, labels, cosines] = [found.neighbours, found.neighbourClasses, found.cosines].map(
    (lists) => lists[row] ?? [],
  ) as [number[], number[], number[]];
  const number = found.queries[row] ?? 0;
  return (
    <div class="neighbours" aria-live="polite">
      <figure class="query">
        <RemoteImage
          address={addressOf(pictures, found.split, number)}
          alt={`${className(classes, label)}, image ${number} of ${found.split}`}
        />
        <figcaption>
          <strong>{className(classes, label)}</strong>
          <br />
          image {number} of {found.split}
        </figcaption>
      </figure>
      <ol>
        {neighbours.map((neighbour, i) => {
          const isSame = label >= 0 && labels[i] === label;
          const name = className(classes, labels[i] ?? -1);
          return (
            <li key={neighbour}>
              <figure class={label < 0 ? '' : isSame ? 'same' : 'other'}>
                <RemoteImage
                  address={addressOf(pictures, 'train', neighbour)}
                  alt={`${name}, image ${neighbour} of train`}
                />
                <figcaption>
                  {label >= 0 && (
                    <span class="mark" aria-hidden="true">
                      {isSame ? '✓ ' : '✕ '}
                    </span>
                  )}
                  {name}
                  {label >= 0 && <span class="unseen">{isSame ? ', the same class' : ', another class'}</span>}
                  <br />
                  <span class="muted">cosine {cosines[i]?.toFixed(3)}</span>
                </figcaption>
              </figure>
            </li>
          );
        })}
      </ol>
    </div>
  );
}

/** Images to choose from: arrow keys go from one to the next. */
function Queries({
  pictures,
  found,
  chosen,
  onChoose,
}: {
  pictures: RunPictures;
  found: NeighboursPicture;
  chosen: number;
  onChoose: (row: number) => void;
}) {
  const list = useRef<HTMLUListElement>(null);
  const shown = useSignal(firstShown);
  const rows = found.queries.slice(0, shown.value);
  const last = rows.length - 1;
  const move = (event: KeyboardEvent) => {
    const to = { ArrowRight: chosen + 1, ArrowLeft: chosen - 1, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const row = Math.min(Math.max(to, 0), last);
    onChoose(row);
    list.current?.querySelectorAll('button')[row]?.focus();
  };
  return (
    <>
      <h4>Choose an image of {found.split}</h4>
      <ul class="image-grid" ref={list} onKeyDown={move}>
        {rows.map((number, row) => (
          <li key={number}>
            <button
              type="button"
              aria-pressed={row === chosen}
              tabIndex={row === Math.min(chosen, last) ? 0 : -1}
              aria-label={`${className(pictures.classes, found.classes[row] ?? -1)}, image ${number}`}
              onClick={() => onChoose(row)}
            >
              <RemoteImage address={addressOf(pictures, found.split, number)} alt="" />
            </button>
          </li>
        ))}
      </ul>
      {found.queries.length > rows.length && (
        <button type="button" onClick={() => (shown.value += moreShown)}>
          Show more of {count(found.queries.length)}
        </button>
      )}
    </>
  );
}
