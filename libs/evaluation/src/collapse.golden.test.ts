import { test } from 'vitest';

import { type GoldenCase, goldenCases } from '#lib/testing';

import { alignment, rankMe, stdOfNormalised, uniformity } from './collapse.ts';
import { type Features } from './features.ts';
import { pca } from './pca.ts';
import { singularValues } from './singular-values.ts';

function features(golden: GoldenCase, name: string): Features {
  const { data, shape } = golden.tensor(name);
  return { data: data as Float32Array, shape: shape as [number, number] };
}

test.each(goldenCases('evaluation/collapse'))('$name', (golden) => {
  const { rankme_eps: epsilon, uniformity_t: t } = golden.args as { rankme_eps: number; uniformity_t: number };
  const z = features(golden, 'in/z');
  const [rows, columns] = z.shape;
  const std = stdOfNormalised(z);
  golden.expectClose('out/std', [std.mean], []);
  golden.expectClose('out/std_per_dimension', std.perDimension, [columns]);
  golden.expectClose('out/std_reference', [1 / Math.sqrt(columns)], []);
  const values = singularValues({ data: Float64Array.from(z.data), rows, columns });
  golden.expectClose('out/singular_values', values, [Math.min(rows, columns)]);
  golden.expectClose('out/rankme', [rankMe(z, { epsilon })], []);
  golden.expectClose('out/rankme_normalised', [rankMe(z, { epsilon, normalise: true })], []);
  if (golden.tensors['out/rankme_centred'])
    golden.expectClose('out/rankme_centred', [rankMe(z, { epsilon, centre: true })], []);
  golden.expectClose('out/alignment', [alignment(z, features(golden, 'in/z2'))], []);
  golden.expectClose('out/uniformity', [uniformity(z, t)], []);
});

test.each(goldenCases('evaluation/pca'))('$name', (golden) => {
  const count = golden.args['n_components'] as number;
  const x = features(golden, 'in/x');
  const [rows, columns] = x.shape;
  const result = pca(x, count);
  golden.expectClose('out/projection', result.projection, [rows, count]);
  golden.expectClose('out/components', result.components, [count, columns]);
  golden.expectClose('out/mean', result.mean, [columns]);
  golden.expectClose('out/explained_variance', result.explainedVariance, [count]);
  golden.expectClose('out/explained_variance_ratio', result.explainedVarianceRatio, [count]);
});
