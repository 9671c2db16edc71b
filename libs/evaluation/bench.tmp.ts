import '../engine/src/test-setup.ts';
import {
  knn,
  logisticRegression,
  fitStandardScaler,
  logisticScores,
  rankMe,
  pca,
  uniformity,
  rankClasses,
  firstClasses,
} from './src/index.ts';
import { Draws } from '../sampling/src/index.ts';
const draws = new Draws({ seed: 1, purpose: 'bench' });
const fast = (() => {
  let s = 12345;
  return () => {
    s = (s * 1664525 + 1013904223) >>> 0;
    return s / 2 ** 32;
  };
})();
const normal = () => fast() + fast() + fast() + fast() - 2;
function make(n: number, d: number, means: Float32Array, correlated: boolean) {
  const data = new Float32Array(n * d);
  const labels = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    const c = Math.floor(fast() * 10);
    labels[i] = c;
    let walk = 0;
    for (let j = 0; j < d; j++) {
      walk = correlated ? 0.95 * walk + normal() : normal();
      data[i * d + j] = means[c * d + j]! + walk;
    }
  }
  return { data, shape: [n, d] as const, labels };
}
const meansOf = (d: number, s: number) => Float32Array.from({ length: 10 * d }, () => s * normal());
const what = process.argv[2];
const cpu0 = () => process.cpuUsage(); const cpuS = (c: any) => { const u = process.cpuUsage(c); return 'cpu ' + ((u.user + u.system) / 1e6).toFixed(2) + ' s'; };
const rss = () => (process.memoryUsage().rss / 2 ** 20).toFixed(0) + ' MiB';
if (what === 'knn') {
  const m = meansOf(256, 0.3);
  const bank = make(42750, 256, m, false),
    queries = make(5000, 256, m, false);
  for (let r = 0; r < 2; r++) {
    const t = performance.now();
    const v = await knn({ bank, queries, classes: 10, k: 200, temperature: 0.1 });
    let ok = 0;
    for (let q = 0; q < 5000; q++) if (v.ranking[q * 10] === queries.labels[q]) ok++;
    console.log('knn', cpuS(c0), (performance.now() - t) / 1000, 's', ok / 5000, rss());
  }
} else if (what === 'eigen') {
  for (const [n, d] of [
    [5000, 256],
    [5000, 512],
  ] as const) {
    const z = make(n, d, meansOf(d, 0.3), true);
    let t = performance.now();
    console.log('rankme', n, d, rankMe(z), (performance.now() - t) / 1000);
    t = performance.now();
    pca(z, 2);
    console.log('pca', (performance.now() - t) / 1000);
    t = performance.now();
    uniformity({ data: z.data.subarray(0, 2000 * d), shape: [2000, d] });
    console.log('uniformity 2000', (performance.now() - t) / 1000);
  }
  const z = make(2048, 2048, meansOf(2048, 0.3), true);
  let t = performance.now();
  console.log('rankme 2048', rankMe(z), (performance.now() - t) / 1000);
  t = performance.now();
  pca(z, 2);
  console.log('pca 2048', (performance.now() - t) / 1000);
} else {
  const d = Number(what),
    s = Number(process.argv[3] ?? 0.2),
    tol = Number(process.argv[4] ?? 1e-5),
    C = Number(process.argv[5] ?? 1);
  const m = meansOf(d, s);
  const train = make(10000, d, m, true),
    test = make(2000, d, m, true);
  const t = performance.now(); const c0 = cpu0();
  const model = await logisticRegression(train, 10, {
    inverseRegularisation: C,
    scaler: fitStandardScaler(train),
    gradientTolerance: tol,
  });
  const acc = (x: any) => {
    const r = firstClasses(rankClasses(logisticScores(model, x), 10), 10);
    return r.filter((c, i) => c === x.labels[i]).length / x.labels.length;
  };
  console.log(
    'logistic',
    d,
    (performance.now() - t) / 1000,
    's',
    model.convergence,
    model.objective,
    acc(train),
    acc(test),
    rss(),
  );
}
