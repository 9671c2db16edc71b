import type { RunDetail } from '#lib/contracts';

/** What a run saw and made of it. */
export function PicturesPanel({ run }: { run: RunDetail }) {
  return <p>{run.summary.run}</p>;
}
