/** A time in the reader's own zone and words. */
export const dateTime = (at: string | number): string =>
  new Date(at).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });

/** How long ago something was. @param nowMs milliseconds since 1970 */
export function ago(at: string | number, nowMs: number): string {
  const seconds = (nowMs - new Date(at).getTime()) / 1000;
  if (seconds < 60) return 'just now';
  const [value, unit] =
    seconds < 3600 ? [seconds / 60, 'min'] : seconds < 86_400 ? [seconds / 3600, 'h'] : [seconds / 86_400, 'd'];
  return `${Math.floor(value)} ${unit} ago`;
}

/** Seconds until a run's last step, by the pace of its last one; undefined where it doesn't go on or the pace is unknown. */
export function secondsLeft(run: {
  state: string;
  step: number;
  totalSteps: number | null;
  imagesPerSecond: number | null;
  batch: number;
}): number | undefined {
  if (run.state !== 'running' || run.totalSteps === null || !run.imagesPerSecond) return undefined;
  return (Math.max(0, run.totalSteps - run.step) * run.batch) / run.imagesPerSecond;
}
