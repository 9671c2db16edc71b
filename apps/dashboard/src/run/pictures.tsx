import { useEffect, useMemo } from 'preact/hooks';

import '../parts/pictures.css';
import { ProblemWords } from '../parts/problem-words.tsx';
import './pictures.css';

import type { PictureName, RunDetail, RunPictures } from '#lib/contracts';

import { client } from '../state/client.ts';
import { onEvents } from '../state/live.ts';
import { polled } from '../state/polled.ts';
import { Neighbours } from './pictures/neighbours.tsx';
import { PicturesStanding } from './pictures/standing.tsx';
import { Projection } from './pictures/projection.tsx';
import { Reconstructions } from './pictures/reconstructions.tsx';
import { Views } from './pictures/views.tsx';

const refreshEveryMs = 20_000;

/** What a run trains on, and what its encoder makes of images at its checkpoints. */
export function PicturesPanel({ run }: { run: RunDetail }) {
  const name = run.summary.run;
  const pictures = useMemo(() => polled(() => client.pictures(name), refreshEveryMs), [name]);
  useEffect(() => {
    const leave = [
      pictures.watch(),
      onEvents((events) => {
        if (events.some((event) => event.type === 'pictures-made' && event.run === name)) pictures.refresh();
      }),
    ];
    return () => leave.forEach((end) => end());
  }, [pictures]);
  const { value: shown } = pictures.value;
  const { value: problem } = pictures.problem;
  return (
    <div class="pictures">
      {problem && (
        <p class="problem">
          <ProblemWords problem={problem} />
        </p>
      )}
      {!shown && !problem && <p class="waiting">Fetching …</p>}
      {shown && (
        <>
          <PicturesStanding run={run} pictures={shown} onAsked={() => pictures.refresh()} />
          {has(shown, 'views') && (
            <>
              <h3>Views</h3>
              <Views pictures={shown} />
            </>
          )}
          {has(shown, 'reconstructions') && (
            <>
              <h3>Reconstructions</h3>
              <Reconstructions run={run} pictures={shown} />
            </>
          )}
          {has(shown, 'neighbours') && (
            <>
              <h3>Nearest neighbours</h3>
              <Neighbours run={run} pictures={shown} />
            </>
          )}
          {has(shown, 'projection') && (
            <>
              <h3>Map of the features</h3>
              <Projection run={run} pictures={shown} />
            </>
          )}
        </>
      )}
    </div>
  );
}

const has = ({ steps }: RunPictures, name: PictureName): boolean =>
  steps.some(({ pictures }) => pictures.some(({ picture }) => picture === name));
