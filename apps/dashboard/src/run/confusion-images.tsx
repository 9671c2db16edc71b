import type { ProbeResult } from '#lib/contracts';

/** The images of one cell of a confusion matrix. */
export function ConfusionImages({
  truth,
  predicted,
}: {
  run: string;
  probe: ProbeResult;
  truth: number;
  predicted: number;
}) {
  return (
    <p>
      {truth} taken for {predicted}
    </p>
  );
}
