import { defineConfig } from 'vitest/config';

// The native library reads these when it loads, from the environment that workers inherit.
process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
process.env['TF_ENABLE_ONEDNN_OPTS'] ??= '1';

/** Unit and golden tests share one config; those that start servers (`.int`, `.fault`) get more time and fewer workers. */
/** Tests on the tars of real images run where UNLABEL_TEST_IMAGES names their folder, as .ci/run does. */
const withoutImages = process.env['UNLABEL_TEST_IMAGES'] ? [] : ['**/*.images.test.ts'];
const engine = ['libs/engine/src/test-setup.ts'];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{apps,libs,tools}/**/*.test.{ts,tsx}'],
          exclude: ['**/node_modules/**', '**/*.{int,golden,fault}.test.ts', ...withoutImages],
          setupFiles: engine,
          testTimeout: 30_000,
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
        test: {
          name: 'int',
          include: ['{apps,libs,tools}/**/*.{int,fault}.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
