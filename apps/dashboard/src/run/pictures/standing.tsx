import { useSignal } from '@preact/signals';

import type { RunDetail, RunPictures } from '#lib/contracts';

import { client } from '../../state/client.ts';
import { type Problem, problemOf } from '../../state/problem.ts';
import { stepInWords } from './steps.tsx';

/** Which pictures are still to come, why some are not there, and a button that asks for those of the last checkpoint. */
export function PicturesStanding({
  run,
  pictures,
  onAsked,
}: {
  run: RunDetail;
  pictures: RunPictures;
  onAsked: () => void;
}) {
  const { steps } = pictures;
  const waiting = steps.filter(({ state }) => state === 'waiting');
  const failed = steps.filter(({ state }) => state === 'failed');
  const last = run.head.checkpoints.at(-1)?.step;
  const isMadeByItself = run.spec.probe.pictures === 'every' && ['queued', 'running'].includes(run.summary.state);
  const lacksLast =
    last !== undefined && !isMadeByItself && !steps.some(({ step, kind }) => step === last && kind === 'encoder');
  const leftOut = new Map(
    steps.flatMap((at) => at.leftOut.map(({ picture, reason }) => [`${picture}: ${reason}`, at.step])),
  );
  return (
    <>
      {steps.length === 0 && <p class="muted">There are none: {whyNone(run)}</p>}
      {waiting.length > 0 && (
        <p class="muted" role="status">
          Being made:{' '}
          {waiting.map(({ step, kind }) => (kind === 'views' ? 'views' : stepInWords(step, run))).join('; ')}.
        </p>
      )}
      {failed.map(({ step, kind, reason, remedy }) => (
        <p key={`${step}-${kind}`} class="problem">
          {kind === 'views' ? 'Views' : `Those of ${stepInWords(step, run)}`} could not be made: {reason}
          {remedy && ` · ${remedy}`}
        </p>
      ))}
      {[...leftOut].map(([text, step]) => (
        <p key={text} class="muted">
          Left out of {stepInWords(step, run)}: {text}
        </p>
      ))}
      {(lacksLast || failed.length > 0) && <AskButton run={pictures.run} onAsked={onAsked} />}
    </>
  );
}

function whyNone({ spec, head }: RunDetail): string {
  if ((spec.probe.pictures ?? 'none') === 'none') return 'the spec asks for none (probe.pictures).';
  return head.attempt === 0 ? 'nobody works on the run yet.' : 'the first ones come with the first checkpoint.';
}

function AskButton({ run, onAsked }: { run: string; onAsked: () => void }) {
  const problem = useSignal<Problem | undefined>(undefined);
  const isAsked = useSignal(false);
  const ask = async () => {
    try {
      await client.makePictures(run);
      isAsked.value = true;
      problem.value = undefined;
      onAsked();
    } catch (error) {
      problem.value = problemOf(error);
    }
  };
  return (
    <p class="row">
      <button type="button" disabled={isAsked.value} onClick={() => void ask()}>
        Make pictures of the last checkpoint
      </button>
      {isAsked.value && <span role="status">Asked for; they come in half a minute or so.</span>}
      {problem.value && <span class="problem">{problem.value.text}</span>}
    </p>
  );
}
