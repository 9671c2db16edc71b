import { useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';

import { resolveColour, seriesColour } from '../../charts/colours.ts';
import { isDark } from '../../state/theme.ts';
import { drawScatter } from './scatter-draw.ts';
import { fitted, moved, pointAt, type Points, type ScatterView, type Size, zoomed } from './scatter-view.ts';

const withinPx = 10;
const keyStepPx = 40;
const zoomStep = 1.5;

/** Points of classes on a plane that one can zoom into and move; the one under the pointer is told of. */
export function Scatter({
  points,
  classes,
  hidden,
  chosen,
  onChoose,
  label,
}: {
  points: Points;
  classes: readonly number[];
  hidden: ReadonlySet<number>;
  chosen: number | undefined;
  onChoose: (point: number | undefined) => void;
  label: string;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const size = useSignal<Size>({ width: 0, height: 0 });
  const whole = useMemo(() => fitted(points, size.value), [points, size.value]);
  const view = useSignal<ScatterView | undefined>(undefined); // undefined: all
  const seen = view.value ?? whole;
  const isShown = (point: number) => !hidden.has(classes[point] as number);
  const change = (next: ScatterView) => (view.value = next.scale <= whole.scale * 1.001 ? undefined : next);
  const zoom = (factor: number, at?: readonly [number, number]) =>
    change(zoomed(seen, size.value, factor, at ?? [size.value.width / 2, size.value.height / 2], whole));
  const move = (right: number, down: number) => change(moved(seen, right, down));
  const latest = useRef({ zoom, move });
  latest.current = { zoom, move };

  useEffect(() => {
    view.value = undefined; // other points have other places
  }, [points]);
  useEffect(() => {
    const element = canvas.current as HTMLCanvasElement;
    const resized = new ResizeObserver(
      () => (size.value = { width: element.clientWidth, height: element.clientHeight }),
    );
    resized.observe(element);
    // A wheel zooms while Ctrl or ⌘ is held, as the browser's own zoom does; else the page goes on scrolling.
    const wheel = (event: WheelEvent) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      latest.current.zoom(Math.exp(-event.deltaY / 200), [event.offsetX, event.offsetY]);
    };
    element.addEventListener('wheel', wheel, { passive: false });
    return () => {
      resized.disconnect();
      element.removeEventListener('wheel', wheel);
    };
  }, []);

  const theme = isDark.value;
  const look = useMemo(() => (canvas.current ? lookOf(canvas.current) : undefined), [theme, size.value]);
  useEffect(() => {
    const element = canvas.current as HTMLCanvasElement;
    const context = element.getContext('2d');
    if (!context || !look || size.value.width === 0) return;
    const ratio = devicePixelRatio || 1;
    element.width = Math.round(size.value.width * ratio);
    element.height = Math.round(size.value.height * ratio);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    drawScatter(context, seen, size.value, { points, classes, isShown, chosen, ...look });
  }, [points, classes, hidden, chosen, seen, size.value, look]);

  const pointers = usePointers({
    onDrag: (right, down) => latest.current.move(right, down),
    onPinch: (factor, at) => latest.current.zoom(factor, at),
    onPoint: (at) => onChoose(pointAt(points, seen, size.value, at, { withinPx, isShown })),
  });
  const keys: Record<string, () => void> = {
    ArrowLeft: () => move(keyStepPx, 0),
    ArrowRight: () => move(-keyStepPx, 0),
    ArrowUp: () => move(0, keyStepPx),
    ArrowDown: () => move(0, -keyStepPx),
    '+': () => zoom(zoomStep),
    '=': () => zoom(zoomStep),
    '-': () => zoom(1 / zoomStep),
    '0': () => (view.value = undefined),
    Escape: () => onChoose(undefined),
  };
  return (
    <div class="scatter">
      <canvas
        ref={canvas}
        tabIndex={0}
        role="img"
        aria-label={`${label}. Plus and minus zoom, arrow keys move, zero shows all; the same as a list is below.`}
        style={{ touchAction: view.value ? 'none' : 'pan-y' }}
        onKeyDown={(event) => {
          const act = keys[event.key];
          if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
          event.preventDefault();
          act();
        }}
        {...pointers}
      />
      <div class="scatter-zoom">
        <button type="button" aria-label="Nearer" onClick={() => zoom(zoomStep)}>
          +
        </button>
        <button type="button" aria-label="Further" disabled={!view.value} onClick={() => zoom(1 / zoomStep)}>
          −
        </button>
        <button type="button" disabled={!view.value} onClick={() => (view.value = undefined)}>
          All
        </button>
      </div>
    </div>
  );
}

/** Colours as a canvas takes them. */
function lookOf(element: HTMLCanvasElement) {
  const near = element.parentElement as HTMLElement;
  return {
    colours: Array.from({ length: 8 }, (_, i) => resolveColour(near, seriesColour(i))),
    ink: resolveColour(near, '--ink'),
    panel: resolveColour(near, '--panel'),
  };
}

interface PointerActs {
  onDrag: (right: number, down: number) => void;
  onPinch: (factor: number, at: readonly [number, number]) => void;
  onPoint: (at: readonly [number, number]) => void;
}

/** One pointer that is pressed drags, two pinch, one that is not pressed points. */
function usePointers({ onDrag, onPinch, onPoint }: PointerActs) {
  const down = useRef(new Map<number, [number, number]>());
  const leave = ({ pointerId }: PointerEvent) => void down.current.delete(pointerId);
  return {
    onPointerDown: (event: PointerEvent) => {
      down.current.set(event.pointerId, [event.offsetX, event.offsetY]);
      (event.currentTarget as HTMLCanvasElement).setPointerCapture(event.pointerId);
      onPoint([event.offsetX, event.offsetY]);
    },
    onPointerMove: (event: PointerEvent) => {
      const now: [number, number] = [event.offsetX, event.offsetY];
      const before = down.current.get(event.pointerId);
      if (!before) return onPoint(now);
      const [other] = [...down.current].filter(([id]) => id !== event.pointerId).map(([, place]) => place);
      if (other) {
        const apart = (place: [number, number]) => Math.hypot(place[0] - other[0], place[1] - other[1]);
        const middle = [(now[0] + other[0]) / 2, (now[1] + other[1]) / 2] as const;
        if (apart(before) > 0) onPinch(apart(now) / apart(before), middle);
      } else onDrag(now[0] - before[0], now[1] - before[1]);
      down.current.set(event.pointerId, now);
      return undefined;
    },
    onPointerUp: leave,
    onPointerCancel: leave,
  };
}
