import type { ProbeResult } from '#lib/contracts';
import { count, percent } from '#lib/figures';

import { Table } from './table.tsx';
import { wilson } from './wilson.ts';

/** More classes than that make a matrix that no page holds. */
const largestMatrix = 32;
const confusedPairs = 30;
/** shades of a cell, from none to all of a row */
const shades = 9;

/** What a probe found: figures in a line, the table of each class, and who was taken for whom. */
export function Probe({ probe }: { probe: ProbeResult }) {
  const { kind, encoder, measuredOn, top1, top5, perClass, macro, weighted, options } = probe;
  const { low, high } = wilson(top1, measuredOn.evalSamples);
  const of = encoder.kind === 'checkpoint' ? `step ${encoder.step}` : encoder.kind;
  const line = (name: string, each: ProbeResult['macro'], support: number) => ({
    cells: [name, each.precision, each.recall, each.f1]
      .map((value) => (typeof value === 'number' ? percent(value) : value))
      .concat(count(support)),
  });
  return (
    <section class="probe">
      <h4>{`${kind} of ${of}: top-1 ${percent(top1)}${top5 === null ? '' : `, top-5 ${percent(top5)}`}`}</h4>
      <p class="small">
        {`Measured on ${count(measuredOn.evalSamples)} images of ${measuredOn.split} (95 %: ${(100 * low).toFixed(2)} to ${(100 * high).toFixed(2)} %), fitted on ${count(measuredOn.trainSamples)} of train, ${count(measuredOn.featureSize)} features; ${Object.entries(
          options,
        )
          .map(([name, value]) => `${name} ${value}`)
          .join(', ')}.`}
      </p>
      <Table
        caption={`Each class, by ${kind}`}
        head={['class', 'precision', 'recall', 'F1', 'images']}
        rows={[
          ...perClass.map((each) => line(each.name, each, each.support)),
          line('macro average', macro, measuredOn.evalSamples),
          line('weighted average', weighted, measuredOn.evalSamples),
        ]}
      />
      <Confusion probe={probe} />
    </section>
  );
}

/** The confusion matrix, or for many classes the pairs that were confused most. */
function Confusion({ probe: { kind, perClass, confusion } }: { probe: ProbeResult }) {
  const names = perClass.map(({ name }) => name);
  if (names.length > largestMatrix)
    return (
      <Table
        caption={`The ${confusedPairs} pairs of classes that ${kind} confused most, of ${names.length} classes`}
        head={['class', 'taken for', 'images', 'of the class']}
        rows={mostConfused(confusion)
          .slice(0, confusedPairs)
          .map(({ from, to, images, part }) => ({
            cells: [names[from] ?? '', names[to] ?? '', count(images), percent(part)],
          }))}
      />
    );
  const caption = `Confusion matrix of ${kind}: a row is a true class, a column what it was taken for, in images`;
  return (
    <div class="scroll" tabIndex={0} role="group" aria-label={caption}>
      <table class="confusion">
        <caption>{caption}</caption>
        <thead>
          <tr>
            <th scope="col">true class</th>
            {names.map((name) => (
              <th key={name} scope="col" class="n">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {confusion.map((row, i) => (
            <tr key={i}>
              <th scope="row">{names[i]}</th>
              {row.map((images, j) => (
                <td key={j} class={`n shade${shadeOf(images, row)}`}>
                  {images}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const total = (row: readonly number[]): number => row.reduce((sum, images) => sum + images, 0);
const shadeOf = (images: number, row: readonly number[]): number =>
  Math.ceil((shades * images) / Math.max(total(row), 1));

/** Pairs of different classes by how many images of the one were taken for the other. */
export function mostConfused(confusion: readonly (readonly number[])[]) {
  return confusion
    .flatMap((row, from) =>
      row
        .map((images, to) => ({ from, to, images, part: images / Math.max(total(row), 1) }))
        .filter(({ to }) => to !== from),
    )
    .filter(({ images }) => images > 0)
    .sort((a, b) => b.images - a.images || a.from - b.from || a.to - b.to);
}
