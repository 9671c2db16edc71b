import type { VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { expect, test, vi } from 'vitest';

// What the modules of a page look at when they are loaded.
vi.stubGlobal('location', { hash: '' });
vi.stubGlobal('addEventListener', () => undefined);
vi.stubGlobal('matchMedia', () => ({ matches: false, addEventListener: () => undefined }));
vi.stubGlobal('document', { documentElement: { dataset: {} } });

const { RunActions } = await import('./actions.tsx');
const { CheckpointsPanel } = await import('./checkpoints.tsx');
const { Confusion } = await import('./confusion.tsx');
const { RunHeader } = await import('./header.tsx');
const { LogPanel } = await import('./log.tsx');
const { ModelPanel } = await import('./model.tsx');
const { ProbesPanel } = await import('./probes.tsx');
const { SpecPanel } = await import('./spec.tsx');
const { probeOf, runDetail, tinySpec } = await import('./run-detail.fixture.ts');

const nothing = () => undefined;
/** What a person reads, one space between words. */
const textOf = (view: VNode): string =>
  renderToString(view)
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');
const checkpoint = (step: number) => ({
  step,
  cursor: { epoch: 1, batch: 0 },
  kind: 'fixed' as const,
  folder: `f${step}`,
  sizeBytes: 2_000_000,
});

test.each([
  ['running', ['Stop', 'Fork', 'Probe now', 'Remove'], ['Resume']],
  ['stopped', ['Resume', 'Fork', 'Remove'], ['Stop']],
  ['failed', ['Resume'], ['Stop']],
  ['blocked', ['Resume', 'Stop'], []],
  ['finished', ['Fork', 'Probe now'], ['Resume', 'Stop']],
] as const)('a run that is %s offers what can be done in that state', (state, offered, not) => {
  const text = textOf(<RunActions run={runDetail({ state })} onChanged={nothing} />);
  for (const action of offered) expect(text).toContain(action);
  for (const action of not) expect(text).not.toContain(action);
});

test('a run that failed says why, and what to do', () => {
  const run = runDetail({ state: 'failed', reason: 'the loss is not finite', remedy: 'lower the learning rate' });
  const text = textOf(<RunHeader run={run} live={undefined} onChanged={nothing} />);
  expect(text).toContain('the loss is not finite');
  expect(text).toContain('lower the learning rate');
});

test('a run that is blocked names what it waits for', () => {
  const run = runDetail({ state: 'blocked', blockedBy: 'views/abc/b1.safetensors' });
  expect(textOf(<RunHeader run={run} live={undefined} onChanged={nothing} />)).toContain('views/abc/b1.safetensors');
});

test('the best checkpoint is marked, and each can be probed and forked', () => {
  const best = { step: 20, metric: 'knn' as const, value: 0.61 };
  const run = runDetail({ checkpoints: [checkpoint(10), checkpoint(20)], best });
  const rows = renderToString(<CheckpointsPanel run={run} onChanged={nothing} />).split('<tr>');
  const [, , first = '', second = ''] = rows;
  expect(first).not.toContain('best:');
  expect(second).toContain('61.00 %');
  for (const row of [first, second]) expect(row).toMatch(/Probe.*Fork/s);
  expect(second).toContain('2.0 MB');
});

test('settings that differ from the recipe are marked, with what the recipe says', () => {
  const run = runDetail({}, { spec: tinySpec({ epochs: 7 }) });
  const html = renderToString(<SpecPanel run={run} recipe={{ recipe: 'simsiam', spec: tinySpec() }} />);
  const changed = html.split('<tr').filter((row) => row.includes('class="changed"'));
  expect(changed).toHaveLength(1);
  expect(changed[0]).toMatch(/epochs.*7.*2/s);
  expect(html).toContain('1 setting differs');
});

test('without its recipe no setting is called a default', () => {
  const html = renderToString(<SpecPanel run={runDetail()} recipe={{ recipe: 'gone', spec: null }} />);
  expect(html).toContain('gone');
  expect(html).not.toContain('the same</td>');
});

test('the model is a table of layers with shapes and parameters', () => {
  const model = {
    format: 'unlabel.run-model' as const,
    version: 1 as const,
    layers: [
      { layer: 'conv1', outputShape: [32, 32, 16], parameters: 432 },
      { layer: 'projector', outputShape: null, parameters: 100 },
    ],
    parameters: 532,
    memory: { hostBytes: 6e8, deviceBytes: 9e8, stateBytes: 4256, stepBytes: 1e8 },
  };
  const text = textOf(<ModelPanel run={runDetail({}, { model })} />);
  expect(text).toContain('conv1 32 × 32 × 16 432');
  expect(text).toContain('532 trainable parameters');
  expect(textOf(<ModelPanel run={runDetail()} />)).toContain('was not stored');
});

test('cells of the confusion matrix are buttons that say what they show, empty ones are not', () => {
  const html = renderToString(<Confusion run="one" probe={probeOf(10, 'knn')} />);
  expect(html.match(/<button/g)).toHaveLength(3);
  expect(html).toContain('1 of cat taken for dog: show images');
});

test('what is measured now is told with how far it is', () => {
  const progress = new Map([['10 linear eval', { phase: 'embedding', done: 0.5 }]]);
  const run = runDetail({}, { probesPending: [{ target: 'pixels', step: 0, kind: 'knn' }] });
  const text = textOf(<ProbesPanel run={run} progress={progress} />);
  expect(text).toContain('linear probe of step 10 on eval: embedding');
  expect(text).toContain('Still to be measured: k-NN of raw pixels');
});

test('the log is told newest first, and what is no mere information says so', () => {
  const entry = (text: string, level: 'info' | 'error') => ({ at: '2026-01-01T00:00:00.000Z', level, text });
  const log = { run: 'one', entries: [entry('registered', 'info'), entry('failed', 'error')] };
  const text = textOf(<LogPanel log={log} problem={undefined} />);
  expect(text.indexOf('Error: failed')).toBeLessThan(text.indexOf('registered'));
});
