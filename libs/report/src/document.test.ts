import { describe, expect, test } from 'vitest';

import { mostConfused } from './classes.tsx';
import { reportHtml } from './document.tsx';
import { labelPlaces, shortened } from './line-chart.tsx';
import { groupOf, probeOf, reportOf, rowOf, runOf, specOf } from './report.fixture.ts';
import { seriesOf, withBand } from './series.ts';
import { specDifferences, specRows } from './spec-rows.ts';

const pixel = 'data:image/png;base64,iVBORw0KGgo=';
const group = groupOf('simsiam', [0.5, 0.52]);
const labels = group.flatMap(({ run }) => run ?? []);
const html = reportHtml(
  reportOf(
    [
      rowOf({ row: 'pixels', label: 'raw pixels', linear: 0.3, run: null }),
      ...group,
      rowOf({ label: 'mae', method: 'mae' }),
    ],
    [
      ...labels.map((run, i) => runOf(run, { seed: i + 1 })),
      {
        ...runOf('mae', { loss: 2 }),
        about: { title: 'Masks & <more>', tags: ['first'], notes: 'line one\n"line two"' },
        pictures: [{ title: 'Views', images: [{ caption: 'an image', dataUrl: pixel }] }],
      },
    ],
  ),
);

/** Every tag with its attributes, checked to be closed in the order in which it was opened. */
function tagsOf(text: string): { name: string; attributes: string }[] {
  const open: string[] = [];
  const tags: { name: string; attributes: string }[] = [];
  const body = text.replace(/^<!DOCTYPE html>/, '').replace(/<style>[^]*?<\/style>/, '');
  for (const [, close, name = '', attributes = '', selfClosed] of body.matchAll(
    /<(\/?)([a-zA-Z0-9]+)((?:\s[^\s=>/]+(?:="[^"]*")?)*)\s*(\/?)>/g,
  )) {
    if (close) expect(open.pop()).toBe(name);
    else {
      tags.push({ name, attributes });
      if (!selfClosed && !['meta', 'img'].includes(name)) open.push(name);
    }
  }
  expect(open).toEqual([]);
  expect(body.replaceAll(/<[^<>]*>/g, '')).not.toContain('<'); // nothing of what was written looks like a tag
  return tags;
}

describe('the document', () => {
  const tags = tagsOf(html);

  test('is well formed, has one title and one main heading, and ids of its own', () => {
    for (const name of ['h1', 'main']) expect(tags.filter((tag) => tag.name === name)).toHaveLength(1);
    const ids = [...html.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, target] of html.matchAll(/href="#([^"]*)"/g)) expect(ids).toContain(target);
  });

  test('refers to nothing outside itself, has no script and no style attribute, and a policy that forbids them', () => {
    for (const { name, attributes } of tags) {
      expect(['script', 'link', 'iframe', 'object', 'embed', 'base', 'form']).not.toContain(name);
      expect(attributes).not.toMatch(/\s(style|on\w+)=/);
      for (const [, attribute, value] of attributes.matchAll(/\s(src|href|srcset|action|data)="([^"]*)"/g))
        expect(value).toMatch(attribute === 'src' ? /^data:image\// : /^#/);
    }
    expect(html).not.toMatch(/https?:\/\/(?!arxiv)/);
    expect(html).not.toMatch(/url\(|@import/);
    expect(html).toMatch(
      /Content-Security-Policy" content="default-src 'none'; style-src 'sha256-[\w+/]{43}='; img-src data:/,
    );
  });

  test('holds every run with its spec, its figures and its words, escaped', () => {
    for (const run of [...labels, 'mae']) expect(html).toContain(`id="run-${run}"`);
    expect(html).toContain('Masks &amp; &lt;more>');
    expect(html).toContain('line one\n');
    expect(html).toContain('dog &amp; &lt;fox>');
    expect(html).toContain('float32 with XLA: it was fastest');
    expect(html).toContain(pixel);
    expect(html).toContain('changed, default 1'); // the second seed
    expect(html).toContain('50.00');
  });

  test('draws losses of different methods apart, and seeds as one line with a band', () => {
    expect(html).toContain('<title id="chart-0-title">Loss of simsiam</title>');
    expect(html).toContain('<title id="chart-1-title">Loss of mae</title>');
    expect(html.match(/class="band"/g)?.length).toBe(2); // loss and learning rate of simsiam
    expect(html).not.toContain('NaN');
  });
});

test('a picture that lies elsewhere is refused', () => {
  const run = { ...runOf('a'), pictures: [{ title: 'x', images: [{ caption: '', dataUrl: 'https://x/y.png' }] }] };
  expect(() => reportHtml(reportOf([rowOf({ label: 'a' })], [run]))).toThrow('must be a data URL');
});

test('a projection is drawn with a point an image and a name a class, images without a class in grey', () => {
  const [x, y] = [
    [0, 1, 2, 3],
    [3, 2, 1, 0],
  ];
  const picture = {
    format: 'unlabel.projection-picture' as const,
    version: 1 as const,
    step: 20,
    split: 'eval' as const,
    samples: [0, 1, 2, 3],
    classes: [0, 1, 1, -1],
    pca: { x, y, explained: [0.5, 0.25] as [number, number] },
    umap: { x, y, neighbours: 3, minDist: 0.1, epochs: 5 },
  };
  const run = { ...runOf('a'), projection: { picture, classes: ['cat', 'dog & <fox>'] } };
  const text = reportHtml(reportOf([rowOf({ label: 'a' })], [run]));
  tagsOf(text);
  expect(text.match(/M[\d.]+ [\d.]+h0/g)?.length).toBe(8); // four images, by UMAP and by PCA
  expect(text).toMatch(/<text class="class-name"[^>]*>dog &amp; &lt;fox></);
  expect(text).toContain('the axes hold 50.00 % and 25.00 % of the variance');
});

test('a report of a run that has not begun says so and has no chart', () => {
  const run = runOf('a');
  const begun = { ...run, curves: { ...run.curves, step: [], curves: {} }, defaults: null };
  begun.detail.resolved = null;
  begun.detail.probes = [];
  begun.detail.head.checkpoints = [];
  const text = reportHtml(reportOf([rowOf({ label: 'a', linear: null, knn: null })], [begun]));
  expect(text).toContain('No step has been trained yet.');
  expect(text).toContain('so defaults are not marked');
  expect(text).not.toContain('<svg');
});

test('many classes are shown as the pairs that were confused most', () => {
  const classes = 40;
  const confusion = Array.from({ length: classes }, (_, i) =>
    Array.from({ length: classes }, (_, j) => (i === j ? 5 : 0)),
  );
  (confusion[3] as number[])[7] = 4;
  expect(mostConfused(confusion)).toEqual([{ from: 3, to: 7, images: 4, part: 4 / 9 }]);
  const run = runOf('a');
  const perClass = Array.from({ length: classes }, (_, i) => ({
    name: `class ${i}`,
    precision: 1,
    recall: 1,
    f1: 1,
    support: 5,
  }));
  run.detail.probes = [probeOf('a', { perClass, confusion })];
  const text = reportHtml(reportOf([rowOf({ label: 'a' })], [run]));
  expect(text).toContain('confused most, of 40 classes');
  expect(text).not.toContain('class="confusion"');
});

test('twenty runs of 600 points stay below five megabytes', () => {
  const names = Array.from({ length: 20 }, (_, i) => `run-${i}`);
  const text = reportHtml(
    reportOf(
      names.map((label) => rowOf({ label })),
      names.map((name) => runOf(name, { points: 600 })),
    ),
  );
  expect(text.length).toBeLessThan(5e6);
});

test('a band is the standard deviation where all lines reach, and lines are read between their points', () => {
  const band = withBand([
    [
      { x: 1, y: 1 },
      { x: 2, y: 2 },
      { x: 3, y: 3 },
    ],
    [
      { x: 1, y: 3 },
      { x: 2.5, y: 4.5 },
    ],
  ]);
  expect(band.map(({ x, y }) => [x, y])).toEqual([
    [1, 2],
    [2, 3],
  ]);
  for (const { y, low = 0, high = 0 } of band) {
    expect(high - y).toBeCloseTo(Math.SQRT2, 12);
    expect(y - low).toBeCloseTo(Math.SQRT2, 12);
  }
});

test('lines are over epochs, and a quantity that a run has not has no line', () => {
  const [line] = seriesOf('loss', [runOf('a')], [rowOf({ label: 'a' })]);
  expect(line?.points.at(-1)?.x).toBe(2);
  expect(seriesOf('rankMe', [runOf('a')], [rowOf({ label: 'a' })])).toEqual([]);
});

test('labels at the ends of lines never lie on each other', () => {
  const places = labelPlaces([100, 101, 99, 250, 251, 100]).toSorted((a, b) => a - b);
  for (let i = 1; i < places.length; i++)
    expect((places[i] as number) - (places[i - 1] as number)).toBeGreaterThanOrEqual(15);
  expect(places.at(-1)).toBeLessThanOrEqual(300 - 44);
});

test('a long label keeps both of its ends', () => {
  expect(shortened('simsiam-20260101-0203')).toBe('simsiam-20260101-0203');
  expect(shortened('brief-barlow-twins-20260101-0203')).toBe('brief-barlo…260101-0203');
});

test('differences name the keys in which specs are not equal, and what a spec has not', () => {
  const [a, b] = [specOf(), specOf({ seed: 2, method: { name: 'mae', options: { maskRatio: 0.6 } } })];
  expect(specDifferences([a, b])).toEqual([
    { key: 'method.name', values: ['simsiam', 'mae'] },
    { key: 'method.options.projectorWidth', values: ['16', '–'] },
    { key: 'seed', values: ['1', '2'] },
    { key: 'method.options.maskRatio', values: ['–', '0.6'] },
  ]);
  expect(specDifferences([a, a])).toEqual([]);
  expect(new Map(specRows(a)).get('gradientClip')).toBe('none');
});
