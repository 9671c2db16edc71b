import { type Points, type ScatterView, type Size, toScreen } from './scatter-view.ts';

/** Colours repeat after eight classes; then the shape is another. */
const colours = 8;
export const shapes = ['circle', 'square', 'diamond', 'triangle'] as const;
export type Shape = (typeof shapes)[number];

/** How a class is drawn: the number of its colour, and a shape. Images without class have the last colour. */
export function markOf(label: number): { colour: number; shape: Shape } {
  if (label < 0) return { colour: colours - 1, shape: 'circle' };
  return { colour: label % colours, shape: shapes[Math.floor(label / colours) % shapes.length] as Shape };
}

const radius = 3.5;

/** Adds a mark's outline to the path. */
export function trace(context: CanvasPath, shape: Shape, x: number, y: number, r = radius): void {
  if (shape === 'circle') {
    context.moveTo(x + r, y);
    context.arc(x, y, r, 0, 2 * Math.PI);
  } else if (shape === 'square') context.rect(x - r * 0.9, y - r * 0.9, r * 1.8, r * 1.8);
  else {
    const corners =
      shape === 'diamond'
        ? [
            [0, -1.3],
            [1.3, 0],
            [0, 1.3],
            [-1.3, 0],
          ]
        : [
            [0, -1.2],
            [1.15, 0.9],
            [-1.15, 0.9],
          ];
    for (const [i, [dx = 0, dy = 0]] of corners.entries())
      if (i === 0) context.moveTo(x + dx * r, y + dy * r);
      else context.lineTo(x + dx * r, y + dy * r);
    context.closePath();
  }
}

export interface ScatterLook {
  points: Points;
  classes: readonly number[];
  isShown: (point: number) => boolean;
  chosen: number | undefined;
  colours: readonly string[];
  ink: string;
  panel: string;
}

/** Draws the points, those of a class in one stroke, and a ring around the chosen one. */
export function drawScatter(context: CanvasRenderingContext2D, view: ScatterView, size: Size, look: ScatterLook): void {
  const { points, classes, isShown, chosen } = look;
  context.clearRect(0, 0, size.width, size.height);
  for (const label of new Set(classes)) {
    const mark = markOf(label);
    context.beginPath();
    for (let point = 0; point < classes.length; point++) {
      if (classes[point] !== label || !isShown(point)) continue;
      const [x, y] = toScreen(view, size, points.x[point] as number, points.y[point] as number);
      if (x < -9 || y < -9 || x > size.width + 9 || y > size.height + 9) continue;
      trace(context, mark.shape, x, y);
    }
    context.globalAlpha = 0.8;
    context.fillStyle = look.colours[mark.colour] as string;
    context.fill();
  }
  context.globalAlpha = 1;
  if (chosen === undefined) return;
  const [x, y] = toScreen(view, size, points.x[chosen] as number, points.y[chosen] as number);
  for (const [width, colour] of [
    [5, look.panel],
    [2, look.ink],
  ] as const) {
    context.beginPath();
    context.arc(x, y, 8, 0, 2 * Math.PI);
    context.lineWidth = width;
    context.strokeStyle = colour;
    context.stroke();
  }
}
