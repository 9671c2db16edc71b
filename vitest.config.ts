import { availableParallelism } from 'node:os';

import { defineConfig } from 'vitest/config';

// The native library reads these when it loads, from the environment that workers inherit.
process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
process.env['TF_ENABLE_ONEDNN_OPTS'] ??= '1';
process.env['NVIDIA_TF32_OVERRIDE'] ??= '0';
process.env['TF_FORCE_GPU_ALLOW_GROWTH'] ??= 'true'; // test files run beside each other

/** Tests of these run on TensorFlow's native backend; loading it takes a second a file, which the others are spared. */
const onTensors = ['{libs,apps}/{engine,tensor,nn,methods,optim,training,evaluation,pretrain,probe}/**/*.test.ts'];
const kinds = '**/*.{int,golden,fault}.test.ts';
const never = ['**/node_modules/**', 'dist/**'];

/** Tests on the tars of real images run where UNLABEL_TEST_IMAGES names their folder, as .ci/run does. */
const withoutImages = process.env['UNLABEL_TEST_IMAGES'] ? [] : ['**/*.images.test.ts'];
const engine = ['libs/engine/src/test-setup.ts'];

export default defineConfig({
  test: {
    // Vitest leaves a core free unless told: on two cores it would run one file at a time.
    maxWorkers: availableParallelism(),
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{apps,libs,tools}/**/*.test.{ts,tsx}'],
          exclude: [...never, kinds, ...onTensors, ...withoutImages],
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'unit-tensors',
          include: onTensors,
          exclude: [...never, kinds],
          setupFiles: engine,
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'golden',
          include: ['{apps,libs,tools}/**/*.golden.test.ts'],
          setupFiles: engine,
          testTimeout: 60_000,
        },
      },
      {
        // These start servers and processes of their own, on free ports and in folders of their own.
        test: {
          name: 'int',
          include: ['{apps,libs,tools}/**/*.{int,fault}.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 60_000,
        },
      },
      {
        // The local stack in a real browser: a smoke test, and with UNLABEL_E2E=whole every page.
        test: {
          name: 'e2e',
          include: [process.env['UNLABEL_E2E'] === 'whole' ? 'tools/e2e/*.e2e.ts' : 'tools/e2e/smoke.e2e.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
