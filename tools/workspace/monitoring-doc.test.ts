import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { expect, test } from 'vitest';

import { measuredStore, serviceMetrics } from '#lib/service';
import { openMemoryStore } from '#lib/storage';

import { controlFigures } from '../../apps/control/src/control-figures.ts';
import { RunFigures } from '../../apps/pretrain/src/run-figures.ts';

test('docs/monitoring.md lists every figure that a service has, and no other', () => {
  const { registry } = serviceMetrics('any');
  measuredStore(openMemoryStore(), registry);
  new RunFigures(registry);
  controlFigures(registry, () => Promise.reject(new Error('not looked at')));
  const served = registry
    .getMetricsAsArray()
    .map(({ name }) => name)
    .filter((name) => name.startsWith('unlabel_'));
  const text = readFileSync(join(resolve(import.meta.dirname, '../..'), 'docs/monitoring.md'), 'utf8');
  const listed = [...text.matchAll(/^\| `(unlabel_\w+)`/gm)].map(([, name]) => name);
  expect(listed.toSorted()).toEqual(served.toSorted());
});
