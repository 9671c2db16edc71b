/** What of a plane is seen: the point in the middle, and pixels a unit. */
export interface ScatterView {
  x: number;
  y: number;
  scale: number;
}

export interface Points {
  x: readonly number[];
  y: readonly number[];
}

export interface Size {
  width: number;
  height: number;
}

const margin = 0.06;
/** Closer than this there is nothing more to see. */
const mostZoom = 60;

/** Units of a pixel, as part of the largest coordinate: finer, and the digits of a double do not tell pixels apart when one zooms in. */
const finest = 1e-9;

/** All points, with a margin. */
export function fitted({ x, y }: Points, { width, height }: Size): ScatterView {
  const [left, right, bottom, top] = [least(x), -least(x, -1), least(y), -least(y, -1)];
  const spread = [(right - left) / Math.max(width, 1), (top - bottom) / Math.max(height, 1)];
  const largest = Math.max(1, ...[left, right, bottom, top].map(Math.abs));
  const unit = Math.max(...spread, finest * largest);
  return { x: (left + right) / 2, y: (bottom + top) / 2, scale: (1 - 2 * margin) / unit };
}

/** A loop, since a thousand arguments are many. */
function least(values: readonly number[], sign = 1): number {
  let found = Infinity;
  for (const value of values) found = Math.min(found, sign * value);
  return Number.isFinite(found) ? found : 0;
}

/** Where a point of the plane is drawn, in pixels from the upper left corner. */
export const toScreen = (view: ScatterView, { width, height }: Size, x: number, y: number): [number, number] => [
  width / 2 + (x - view.x) * view.scale,
  height / 2 - (y - view.y) * view.scale,
];

/** Which point of the plane is drawn there. */
export const toPlane = (view: ScatterView, { width, height }: Size, left: number, top: number): [number, number] => [
  view.x + (left - width / 2) / view.scale,
  view.y - (top - height / 2) / view.scale,
];

/** Nearer by a factor; what is drawn at a place stays there. @param whole what is seen at most */
export function zoomed(
  view: ScatterView,
  size: Size,
  factor: number,
  [left, top]: readonly [number, number],
  whole: ScatterView,
): ScatterView {
  const scale = Math.min(Math.max(view.scale * factor, whole.scale), whole.scale * mostZoom);
  const [x, y] = toPlane(view, size, left, top);
  return { x: x - (left - size.width / 2) / scale, y: y + (top - size.height / 2) / scale, scale };
}

/** Moved by so many pixels. */
export const moved = (view: ScatterView, right: number, down: number): ScatterView => ({
  ...view,
  x: view.x - right / view.scale,
  y: view.y + down / view.scale,
});

/** The point that is drawn nearest to a place, within a distance in pixels; of equal ones the later, which is drawn above. */
export function pointAt(
  points: Points,
  view: ScatterView,
  size: Size,
  [left, top]: readonly [number, number],
  { withinPx, isShown }: { withinPx: number; isShown: (point: number) => boolean },
): number | undefined {
  let [best, found] = [withinPx, undefined as number | undefined];
  for (let point = 0; point < points.x.length; point++) {
    if (!isShown(point)) continue;
    const [x, y] = toScreen(view, size, points.x[point] as number, points.y[point] as number);
    const distance = Math.hypot(x - left, y - top);
    if (distance <= best) [best, found] = [distance, point];
  }
  return found;
}
