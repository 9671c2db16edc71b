import fc from 'fast-check';
import { expect, test } from 'vitest';

import { fitted, moved, pointAt, toPlane, toScreen, zoomed } from './scatter-view.ts';

const size = { width: 640, height: 400 };
const coordinate = fc.double({ min: -100, max: 100, noNaN: true });
const points = fc
  .array(fc.tuple(coordinate, coordinate), { minLength: 1, maxLength: 30 })
  .map((all) => ({ x: all.map(([x]) => x), y: all.map(([, y]) => y) }));
const places = fc.tuple(fc.integer({ min: 0, max: 640 }), fc.integer({ min: 0, max: 400 }));

test('at first every point is seen', () => {
  fc.assert(
    fc.property(points, (all) => {
      const view = fitted(all, size);
      for (const [i, x] of all.x.entries()) {
        const [left, top] = toScreen(view, size, x, all.y[i]!);
        expect(left).toBeGreaterThanOrEqual(0);
        expect(left).toBeLessThanOrEqual(size.width);
        expect(top).toBeGreaterThanOrEqual(0);
        expect(top).toBeLessThanOrEqual(size.height);
      }
    }),
  );
});

test('zooming keeps what is under the pointer there, within what can be seen', () => {
  fc.assert(
    fc.property(points, places, fc.double({ min: 0.1, max: 10, noNaN: true }), (all, place, factor) => {
      const whole = fitted(all, size);
      const view = zoomed(zoomed(whole, size, 4, [100, 100], whole), size, factor, place, whole);
      const before = toPlane(zoomed(whole, size, 4, [100, 100], whole), size, ...place);
      const [left, top] = toScreen(view, size, ...before);
      expect(left).toBeCloseTo(place[0], 4);
      expect(top).toBeCloseTo(place[1], 4);
      expect(view.scale).toBeGreaterThanOrEqual(whole.scale);
      expect(view.scale).toBeLessThanOrEqual(whole.scale * 60);
    }),
  );
});

test('moving moves what is drawn by as many pixels', () => {
  const view = { x: 1, y: 2, scale: 10 };
  const [left, top] = toScreen(view, size, 5, 6);
  expect(toScreen(moved(view, 30, -20), size, 5, 6)).toEqual([left + 30, top - 20]);
});

test('a point is found at its place, those that are hidden are not', () => {
  fc.assert(
    fc.property(points, (all) => {
      const view = fitted(all, size);
      for (const [i, x] of all.x.entries()) {
        const at = toScreen(view, size, x, all.y[i]!);
        const found = pointAt(all, view, size, at, { withinPx: 8, isShown: () => true })!;
        const [left, top] = toScreen(view, size, all.x[found]!, all.y[found]!);
        expect(Math.hypot(left - at[0], top - at[1])).toBeLessThan(1e-6);
        const hidden = pointAt(all, view, size, at, { withinPx: 8, isShown: (point) => point !== found });
        expect(hidden).not.toBe(found);
      }
    }),
  );
  const far = fitted({ x: [0, 1], y: [0, 1] }, size);
  expect(pointAt({ x: [0], y: [0] }, far, size, [0, 0], { withinPx: 8, isShown: () => true })).toBeUndefined();
});
