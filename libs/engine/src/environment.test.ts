import { expect, test } from 'vitest';

import { expectedDevice, native, trainingEnvironment } from './index.ts';

test('a training process gets oneDNN, determinism, full float32 and its thread counts', () => {
  expect(trainingEnvironment({ intraOpThreads: 2, interOpThreads: 4 })).toMatchObject({
    TF_ENABLE_ONEDNN_OPTS: '1',
    TF_DETERMINISTIC_OPS: '1',
    TF_NUM_INTRAOP_THREADS: '2',
    TF_NUM_INTEROP_THREADS: '4',
    NVIDIA_TF32_OVERRIDE: '0',
  });
  expect(trainingEnvironment({ intraOpThreads: 2, interOpThreads: 2 })).not.toHaveProperty('TF_XLA_FLAGS');
  expect(trainingEnvironment({ intraOpThreads: 2, interOpThreads: 2, xla: true })['TF_XLA_FLAGS']).toContain(
    'auto_jit',
  );
});

test('the device expected without loading TensorFlow is the one found by loading it', () => {
  expect(expectedDevice()).toBe(native().device);
});

test('a GPU is expected where the set-up has built for one and its driver is there', () => {
  const record = (device: string) => JSON.stringify({ key: 'k', size: 1, libs: {}, device, tensorflow: '2.21.0' });
  expect(expectedDevice(record('gpu'), (path) => path === '/dev/nvidiactl')).toBe('gpu');
  expect(expectedDevice(record('gpu'), () => false)).toBe('cpu');
  expect(expectedDevice(record('cpu'), () => true)).toBe('cpu');
  expect(() => expectedDevice('{"flavour":"gpu"}', () => true)).toThrow('device');
});

test('names the versions of both libraries', () => {
  expect(native().versions.tfjs).toMatch(/^4\.\d+\.\d+$/);
  expect(native().versions.tensorflow).toMatch(/^2\.\d+\.\d+/);
});
