import { effect, type ReadonlySignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';

import type { StepMetrics } from '#lib/contracts';

interface ChartProps {
  title: string;
  steps: ReadonlySignal<StepMetrics[]>;
  /** undefined: nothing was read at that step */
  value: (step: StepMetrics) => number | undefined;
  colour: string;
}

const heightPx = 220;

/** A live curve by step. It redraws outside of Preact, at most once a frame. */
export function Chart({ title, steps, value, colour }: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!box.current) return;
    const element = box.current;
    const ink = getComputedStyle(element).color;
    const axis = { stroke: ink, grid: { stroke: `${colour}22` }, ticks: { stroke: `${colour}22` } };
    const select = (all: StepMetrics[]): uPlot.AlignedData => {
      const read = all.filter((step) => value(step) !== undefined);
      return [read.map(({ step }) => step), read.map((step) => value(step) as number)];
    };
    const plot = new uPlot(
      {
        title,
        width: element.clientWidth,
        height: heightPx,
        scales: { x: { time: false } },
        axes: [axis, { ...axis, size: 70 }],
        series: [{ label: 'step' }, { label: title, stroke: colour, width: 1.5, points: { show: false } }],
      },
      select(steps.value),
      element,
    );
    let frame = 0;
    const stop = effect(() => {
      const data = select(steps.value);
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => plot.setData(data));
    });
    const resized = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: heightPx }));
    resized.observe(element);
    return () => {
      stop();
      resized.disconnect();
      cancelAnimationFrame(frame);
      plot.destroy();
    };
  }, [title, steps, colour]);
  return <div class="chart" ref={box} />;
}
