type Maybe = number | null | undefined;

const isThere = (value: Maybe): value is number => value !== null && value !== undefined && Number.isFinite(value);
const none = '–';

/** 0.6125 → "61.25 %"; an en dash where there is none, as for all of these. */
export const percent = (share: Maybe, digits = 2): string =>
  isThere(share) ? `${(100 * share).toFixed(digits)} %` : none;

/** 1234567 → "1,234,567" */
export const count = (value: Maybe): string =>
  isThere(value) ? value.toLocaleString('en-US', { maximumFractionDigits: 0 }) : none;

/** In at most four digits, small and large ones as powers of ten: 0.25, 1.23e-4. */
export function figure(value: Maybe): string {
  if (!isThere(value)) return none;
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e5 || size < 1e-3) return value.toExponential(2).replace('e+', 'e');
  return size >= 1000 ? value.toFixed(0) : String(Number(value.toPrecision(4)));
}

const units = ['B', 'kB', 'MB', 'GB', 'TB'];

/** Bytes in the unit that leaves one to three digits before the point. */
export function bytes(sizeBytes: Maybe): string {
  if (!isThere(sizeBytes)) return none;
  let size = sizeBytes;
  let unit = 0;
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1000;
    unit++;
  }
  return `${unit === 0 || size >= 100 ? size.toFixed(0) : size.toFixed(1)} ${units[unit]}`;
}

/** 83 → "1 min 23 s": the two largest of days, hours, minutes and seconds. */
export function duration(seconds: Maybe): string {
  if (!isThere(seconds)) return none;
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

/** 83 → "1:23", for columns of tables. */
export function clock(seconds: Maybe): string {
  if (!isThere(seconds)) return none;
  const whole = Math.round(seconds);
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  const two = (value: number) => String(value).padStart(2, '0');
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}
