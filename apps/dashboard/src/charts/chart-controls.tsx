import { smoothing } from './chart-settings.ts';
import { HorizontalControl, SmoothingControl } from './shared-controls.tsx';

/** Steps that charts are zoomed to. */
export interface StepRange {
  from: number;
  to: number;
}

interface Props {
  zoom: StepRange | undefined;
  /** the last step there is */
  lastStep: number;
  onZoom: (zoom: StepRange | undefined) => void;
}

/** What holds for all charts of a page: smoothing, what they go by, and the steps they show. */
export function ChartControls({ zoom, lastStep, onZoom }: Props) {
  return (
    <div class="chart-controls row">
      <SmoothingControl>
        {' '}
        <output>{smoothing.value === 0 ? 'none' : smoothing.value.toFixed(2)}</output>
      </SmoothingControl>
      <HorizontalControl />
      <form
        class="row"
        onSubmit={(event) => {
          event.preventDefault();
          const read = new FormData(event.currentTarget);
          const from = Number(read.get('from')) || 1;
          const to = Number(read.get('to')) || lastStep;
          if (to > from) onZoom({ from, to });
        }}
      >
        <label>
          Steps{' '}
          <input
            key={zoom?.from}
            name="from"
            type="number"
            min="1"
            defaultValue={zoom?.from ?? ''}
            placeholder="1"
            aria-label="from step"
          />
        </label>
        <label>
          to{' '}
          <input
            key={zoom?.to}
            name="to"
            type="number"
            min="2"
            defaultValue={zoom?.to ?? ''}
            placeholder={String(lastStep)}
            aria-label="to step"
          />
        </label>
        <button type="submit">Zoom</button>
        <button type="button" disabled={!zoom} onClick={() => onZoom(undefined)}>
          Show all
        </button>
      </form>
      <span class="muted">Drag over a chart to zoom into all of them; a double click shows everything.</span>
    </div>
  );
}
