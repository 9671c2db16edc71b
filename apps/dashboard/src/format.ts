/** A share as a percentage; an en dash where there is none. */
export const percent = (share: number | null | undefined, digits = 1): string =>
  share === null || share === undefined ? '–' : `${(100 * share).toFixed(digits)} %`;

/** A count with separators of thousands. */
export const count = (value: number | null | undefined): string =>
  value === null || value === undefined ? '–' : value.toLocaleString('en-US', { maximumFractionDigits: 0 });

/** A figure in four digits, small and large ones as powers of ten. */
export function figure(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e5 || size < 1e-3) return value.toExponential(2);
  return size >= 1000 ? value.toFixed(0) : value.toPrecision(4);
}

const units = ['B', 'kB', 'MB', 'GB', 'TB'];

/** Bytes in the unit that leaves one to three digits before the point. */
export function bytes(sizeBytes: number | null | undefined): string {
  if (sizeBytes === null || sizeBytes === undefined) return '–';
  let size = sizeBytes;
  let unit = 0;
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1000;
    unit++;
  }
  return `${unit === 0 || size >= 100 ? size.toFixed(0) : size.toFixed(1)} ${units[unit]}`;
}

/** Seconds as two of days, hours, minutes and seconds. */
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return '–';
  if (seconds === 0) return '0 s';
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  const whole = Math.round(seconds);
  const parts = [
    [Math.floor(whole / 86_400), 'd'],
    [Math.floor(whole / 3600) % 24, 'h'],
    [Math.floor(whole / 60) % 60, 'min'],
    [whole % 60, 's'],
  ] as const;
  const first = parts.findIndex(([value]) => value > 0);
  return parts
    .slice(first, first + 2)
    .filter(([value], i) => i === 0 || value > 0)
    .map(([value, unit]) => `${value} ${unit}`)
    .join(' ');
}

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
