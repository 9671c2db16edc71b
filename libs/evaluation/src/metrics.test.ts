import fc from 'fast-check';
import { expect, test } from 'vitest';

import { firstClasses, labelRanks, meanTopKPerClass, rankClasses, topKAccuracy } from './accuracy.ts';
import { classificationReport, reportText } from './classification-report.ts';
import { confusionByRow, confusionMatrix } from './confusion-matrix.ts';

const predictions = fc
  .integer({ min: 1, max: 9 })
  .chain((classes) =>
    fc.tuple(
      fc.constant(classes),
      fc.array(fc.tuple(fc.nat(classes - 1), fc.nat(classes - 1)), { minLength: 1, maxLength: 60 }),
    ),
  )
  .map(([classes, rows]) => ({
    classes,
    labels: Int32Array.from(rows, ([label]) => label),
    predicted: Int32Array.from(rows, ([, prediction]) => prediction),
  }));
const names = (classes: number) => Array.from({ length: classes }, (_, c) => `class ${c}`);

test('the confusion matrix sums to N, its trace over N is the accuracy, its rows are the supports', () => {
  fc.assert(
    fc.property(predictions, ({ classes, labels, predicted }) => {
      const confusion = confusionMatrix(labels, predicted, classes);
      expect(confusion.flat().reduce((sum, count) => sum + count, 0)).toBe(labels.length);
      const report = classificationReport(confusion, names(classes));
      const correct = labels.filter((label, row) => label === predicted[row]).length;
      expect(report.accuracy).toBe(correct / labels.length);
      expect(report.perClass.reduce((sum, { support }) => sum + support, 0)).toBe(labels.length);
      expect(report.weighted.recall).toBeCloseTo(report.accuracy, 12);
      for (const [c, row] of confusionByRow(confusion).entries())
        expect(row[c]).toBeCloseTo(report.perClass[c]!.recall, 12);
    }),
  );
});

test('every figure lies in 0 .. 1', () => {
  fc.assert(
    fc.property(predictions, ({ classes, labels, predicted }) => {
      const report = classificationReport(confusionMatrix(labels, predicted, classes), names(classes));
      for (const { precision, recall, f1 } of [...report.perClass, report.macro, report.weighted, report.macroPresent])
        for (const figure of [precision, recall, f1]) {
          expect(figure).toBeGreaterThanOrEqual(0);
          expect(figure).toBeLessThanOrEqual(1);
        }
    }),
  );
});

test('top-k rises with k to 1, and the first class has rank 0', () => {
  const scores = fc.array(fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 5, maxLength: 5 }), { minLength: 1 });
  fc.assert(
    fc.property(scores, fc.infiniteStream(fc.nat(4)), (rows, stream) => {
      const ranking = rankClasses(Float32Array.from(rows.flat()), 5);
      const labels = Int32Array.from(rows, () => stream.next().value as number);
      const ranks = labelRanks(ranking, labels, 5);
      const shares = [1, 2, 3, 4, 5].map((k) => topKAccuracy(ranks, k));
      expect(shares).toEqual(shares.toSorted((a, b) => a - b));
      expect(shares.at(-1)).toBe(1);
      const first = firstClasses(ranking, 5);
      for (const [row, rank] of ranks.entries()) expect(rank === 0).toBe(first[row] === labels[row]);
    }),
  );
});

test('the mean per class counts a rare class as much as a common one', () => {
  const [ranks, labels] = [Int32Array.of(0, 0, 0, 1), Int32Array.of(0, 0, 0, 1)];
  expect(topKAccuracy(ranks, 1)).toBe(0.75);
  expect(meanTopKPerClass(ranks, labels, 1)).toBe(0.5);
  expect(meanTopKPerClass(ranks, labels, 2)).toBe(1);
});

test('ranks infinite scores and refuses NaN', () => {
  expect(Array.from(rankClasses(Float32Array.of(-Infinity, 1, -Infinity, Infinity), 4))).toEqual([3, 1, 0, 2]);
  expect(() => rankClasses(Float32Array.of(1, 2, NaN, 3), 2)).toThrow('the scores of row 1 contain NaN');
});

test('prints exact ties to even as Python does, and widens to the longest name', () => {
  // 1 of 32: 0.03125; 3 of 32: 0.09375
  const confusion = [
    [1, 31],
    [29, 3],
  ];
  const text = reportText(classificationReport(confusion, ['a', 'a class with a long name']));
  expect(text.split('\n')[2]).toBe('                       a     0.0333    0.0312    0.0323        32');
  expect(text.split('\n')[3]).toBe('a class with a long name     0.0882    0.0938    0.0909        32');
});

test('refuses empty input, other lengths and numbers that are no class', () => {
  const empty = new Int32Array(0);
  expect(() => confusionMatrix(empty, empty, 3)).toThrow('no rows');
  expect(() => confusionMatrix(Int32Array.of(1), Int32Array.of(1, 1), 3)).toThrow('2 labels for 1 rows');
  expect(() => confusionMatrix(Int32Array.of(1), Int32Array.of(3), 3)).toThrow('row 0 is 3, allowed are 0 .. 2');
  expect(() => classificationReport([[1]], ['a', 'b'])).toThrow('2 names for 1 classes');
  expect(() => classificationReport([[0]], ['a'])).toThrow('counts no rows');
  expect(() => topKAccuracy(empty, 1)).toThrow('no rows');
  expect(() => meanTopKPerClass(empty, empty, 1)).toThrow('no rows');
});
