import { useSignal } from '@preact/signals';

import type { ProbeResult } from '#lib/contracts';

import { lazy } from '../lazy.tsx';

const ConfusionImages = lazy(async () => (await import('./confusion-images.tsx')).ConfusionImages);

/** What was taken for what; a cell shows its images. */
export function Confusion({ run, probe }: { run: string; probe: ProbeResult }) {
  const { perClass, confusion } = probe;
  const cell = useSignal<{ truth: number; predicted: number } | undefined>(undefined);
  const name = (i: number) => perClass[i]?.name ?? String(i);
  const chosen = cell.value;
  return (
    <div class="confusion-box">
      <div class="scroll tall" tabIndex={0} role="region" aria-label="Confusion matrix">
        <table class="confusion">
          <caption>Rows: what images are; columns: what they were taken for. A number shows its images.</caption>
          <thead>
            <tr>
              <td />
              {perClass.map((each) => (
                <th key={each.name} scope="col">
                  <span>{each.name}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {confusion.map((row, truth) => (
              <Row
                key={name(truth)}
                row={row}
                truth={truth}
                name={name}
                chosen={chosen?.truth === truth ? chosen.predicted : undefined}
                onChoose={(predicted) => (cell.value = { truth, predicted })}
              />
            ))}
          </tbody>
        </table>
      </div>
      {chosen && (
        <section aria-live="polite" class="confusion-images">
          <h4>
            {chosen.truth === chosen.predicted
              ? `${name(chosen.truth)}, taken for what they are`
              : `${name(chosen.truth)}, taken for ${name(chosen.predicted)}`}
          </h4>
          <ConfusionImages run={run} probe={probe} truth={chosen.truth} predicted={chosen.predicted} />
        </section>
      )}
    </div>
  );
}

function Row({
  row,
  truth,
  name,
  chosen,
  onChoose,
}: {
  row: number[];
  truth: number;
  name: (i: number) => string;
  chosen: number | undefined;
  onChoose: (predicted: number) => void;
}) {
  const all = Math.max(
    1,
    row.reduce((sum, value) => sum + value, 0),
  );
  return (
    <tr>
      <th scope="row">{name(truth)}</th>
      {row.map((value, predicted) => (
        <td
          key={predicted}
          class={truth === predicted ? 'right' : ''}
          style={{ '--share': Math.round((100 * value) / all) / 100 }}
        >
          {value > 0 && (
            <button
              type="button"
              aria-pressed={chosen === predicted}
              aria-label={`${value} of ${name(truth)} taken for ${name(predicted)}: show images`}
              onClick={() => onChoose(predicted)}
            >
              {value}
            </button>
          )}
        </td>
      ))}
    </tr>
  );
}
