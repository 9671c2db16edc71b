import { type NeighboursPicture, neighboursPictureSchema } from '#lib/contracts';
import { type IdentifiedFeatures, nearestNeighbours } from '#lib/evaluation';

import type { Picture, PicturesTask } from './task.ts';

const shown = 8;
/** Queries that anyone may choose of. */
const mostQueries = 1000;

/** Six digits are more than a cosine of float32 features has to say. */
const rounded = (value: number): number => Math.round(value * 1e6) / 1e6;

/**
 * The images of train that are nearest to others by the cosine of their features.
 *
 * @param queries features of the first images of a split
 * @param bank features of the first images of train
 */
export async function neighboursPicture(
  { job, onProgress, index }: PicturesTask,
  split: 'eval' | 'tune',
  queries: IdentifiedFeatures,
  bank: IdentifiedFeatures,
): Promise<Picture> {
  const [rows, columns] = queries.shape;
  const count = Math.min(rows, mostQueries);
  const k = Math.min(shown, bank.shape[0]);
  const { rows: nearest, similarities } = await nearestNeighbours({
    bank,
    queries: { data: queries.data.subarray(0, count * columns), shape: [count, columns] },
    k,
    onProgress: (done) => onProgress('neighbours', done),
  });
  const of = <T>(values: Iterable<T> & { subarray(from: number, to: number): Iterable<T> }, row: number): T[] => [
    ...values.subarray(row * k, (row + 1) * k),
  ];
  const all = Array.from({ length: count }, (_, row) => row);
  const classes = all.map((row) => queries.labels[row] as number);
  const neighbourClasses = all.map((row) => of(nearest, row).map((neighbour) => bank.labels[neighbour] as number));
  const content: NeighboursPicture = {
    format: 'unlabel.neighbours-picture',
    version: 1,
    step: job.step,
    split,
    bankSamples: bank.shape[0],
    queries: all,
    classes,
    neighbours: all.map((row) => of(nearest, row)),
    neighbourClasses,
    cosines: all.map((row) => of(similarities, row).map(rounded)),
    sameClass: index.classes.length > 1 ? sameClass(classes, neighbourClasses) : null,
  };
  return { picture: 'neighbours', content: neighboursPictureSchema.parse(content), files: [] };
}

function sameClass(classes: number[], neighbourClasses: number[][]): number {
  const all = neighbourClasses.flatMap((labels, row) => labels.map((label) => Number(label === classes[row])));
  return all.reduce((sum, same) => sum + same, 0) / all.length;
}
