// A process that runs every own kernel on maps that several threads share: `node own-kernels.fixture.ts`. Prints, as JSON, what of
// the processor they use and a digest and some values of each one's results.
import { createHash } from 'node:crypto';

import { grads, reshape, scalar, square, sum, type Tensor, tensor } from '@tensorflow/tfjs-core';

import { addBias, attend, batchNormTrain, biasGelu, layerNorm } from '#lib/tensor';

import { native } from './index.ts';
import { given, noise, Operations, optimiserOperations } from './operations.fixture.ts';
import { withProducts } from './own-forms.ts';

const { ownKernels: kernels } = native().backend;
const operations = new Operations();
const results: Record<string, { digest: string; values: number[] }> = {};
const digest = (name: string, values: readonly NodeJS.TypedArray[]) => {
  const hash = createHash('sha256');
  for (const each of values) hash.update(each);
  const some = values.flatMap((each) => Array.from(each as Float32Array).filter((_, i) => i % 97 === 0));
  results[name] = { digest: hash.digest('hex'), values: some };
};

const [x, gamma, beta, residual] = [noise([40, 9, 9, 35], 1), noise([35], 2), noise([35], 3), noise([40, 9, 9, 35], 4)];
const functions: Record<string, (x: Tensor, a: Tensor, b: Tensor, c: Tensor) => Tensor> = {
  batchNorm: (x, a, b, c) => batchNormTrain(x, a, b, 1e-5, { residual: c, relu: true }).y,
  layerNorm: (x, a, b) => layerNorm(x, a, b, 1e-5),
  bias: (x, a) => addBias(x, a),
  biasGelu: (x, a) => biasGelu(x, a),
  attention: (x) => attend(reshape(x, [40, 27, 105]), 5),
};
for (const [name, f] of Object.entries(functions)) {
  const all = (...inputs: Tensor[]) => f(...(inputs as [Tensor, Tensor, Tensor, Tensor]));
  const used = [x, gamma, beta, residual].slice(0, { batchNorm: 4, layerNorm: 3, bias: 2, biasGelu: 2 }[name] ?? 1);
  const y = all(...used);
  const gradients = grads((...inputs: Tensor[]) => sum(square(all(...inputs))))(used);
  digest(
    name,
    [y, ...gradients].map((each) => each.dataSync()),
  );
}
if (kernels) {
  const narrow = [8, 9].map((seed) => operations.narrow(operations.of(noise([10_001], seed))));
  digest('narrow sum', [operations.read(operations.wide(operations.one('UnlabelAdd', {}, narrow)))]); // rounds alike on every level
  const [parameter, gradient, slot] = [noise([100_000], 5), noise([100_000], 6), square(noise([100_000], 7))];
  const inputs = { parameter, gradient, slot, rate: scalar(0.1) };
  const ids = Object.fromEntries(Object.entries(inputs).map(([name, each]) => [name, operations.of(each)]));
  for (const [name, run] of Object.entries(optimiserOperations))
    digest(
      name,
      run(operations, ids as Record<keyof typeof inputs, number>).map((id) => operations.read(id)),
    );
}
if (withProducts.has(kernels)) {
  const [maps, gradients] = [noise([21, 9, 9, 20], 8), noise([21, 9, 9, 48], 9)].map((each) =>
    operations.narrow(operations.of(each)),
  ) as [number, number];
  const large = [noise([21, 9, 9, 400], 8), noise([21, 9, 9, 80], 9)].map((each) =>
    operations.narrow(operations.of(each)),
  );
  const attributes = { stride: given.integer(1), same: given.boolean(true) };
  const filterGradient = (x: number, dy: number, sizes: number[]) =>
    operations.read(
      operations.one('UnlabelConvFilterGradient', attributes, [x, operations.of(tensor(sizes, [4], 'int32')), dy]),
    );
  digest('filter gradient', [filterGradient(maps, gradients, [3, 3, 20, 48])]);
  digest('large filter gradient', [filterGradient(large[0]!, large[1]!, [3, 3, 400, 80])]);
  const matrices = [noise([1200, 70], 1), noise([1200, 48], 2)].map((each) => operations.narrow(operations.of(each)));
  digest('weight gradient', [operations.read(operations.one('UnlabelWeightGradient', {}, matrices))]);
}
operations.dispose();
process.stdout.write(JSON.stringify({ kernels, results }));
