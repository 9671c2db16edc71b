import { fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, expect, test } from 'vitest';

import {
  fromTrainerSchema,
  hashJson,
  keys,
  type RunResolved,
  runResolvedSchema,
  type RunSpec,
  viewSizes,
} from '#lib/contracts';
import { expectedDevice, traceStep, trainingEnvironment } from '#lib/engine';
import { writeViewBlock } from '#lib/shards';
import { openStore } from '#lib/storage';
import { madeUpSpec } from '#lib/testing';
import { modelOfSpec } from '#lib/training';

const folder = mkdtempSync(join(tmpdir(), 'unlabel-peak-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const storage = `file://${folder}`;
const steps = 2;

const sha = 'a'.repeat(64);
const simsiam = { name: 'simsiam', options: { projectorLayers: 2, projectorWidth: 2048, predictorWidth: 512 } };

/** Two steps of a batch, and what a spec must have beside them. */
function specOf(
  batch: number,
  views: number,
  choice: Pick<RunSpec, 'method' | 'optimiser'> & { backbone: object },
): RunSpec {
  return madeUpSpec({
    dataset: { name: 'made-up', contentHash: sha, trainSamples: steps * batch },
    ...choice,
    image: { size: 32, mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] },
    views: { version: 1, views: [{ count: views, operations: [{ op: 'random-resized-crop', size: 32 }] }] },
    blockSamples: batch,
    batch,
  });
}

const sgd = { name: 'sgd' as const, momentum: 0.9, nesterov: false, weightDecay: 0 };
const adamw = { name: 'adamw' as const, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.05 };
const mae = {
  name: 'mae',
  options: { maskRatio: 0.75, decoderWidth: 96, decoderDepth: 2, decoderHeads: 4, decoderMlpRatio: 2 },
};

const cases: [string, RunSpec][] = [
  [
    'MAE, the report’s ViT',
    specOf(192, 1, {
      method: mae,
      backbone: { name: 'vit-report', options: { patchSize: 4, positions: 'sincos' } },
      optimiser: adamw,
    }),
  ],
  [
    'SimSiam, ResNet-20 v2',
    specOf(64, 2, { method: simsiam, backbone: { name: 'resnet20-v2', options: {} }, optimiser: sgd }),
  ],
  [
    'SimSiam, ResNet-18',
    specOf(16, 2, { method: simsiam, backbone: { name: 'resnet18', options: { stem: 'cifar' } }, optimiser: sgd }),
  ],
];

const resolvedOf = (spec: RunSpec, viewsHash: string): RunResolved =>
  runResolvedSchema.parse({
    format: 'unlabel.run-resolved',
    version: 1,
    specHash: hashJson(spec),
    viewsHash,
    stepsPerEpoch: steps,
    totalSteps: steps,
    device: expectedDevice(),
    intraOpThreads: 2,
    interOpThreads: 2,
    parameters: 1,
  });

/** Trains in a training process as a worker would, and reads what it took at most from the kernel, at its last checkpoint. */
async function peakBytes(spec: RunSpec): Promise<number> {
  const store = openStore(storage);
  const viewsHash = hashJson(spec);
  const { batch: S } = spec;
  for (let block = 0; block < steps; block++) {
    const views = viewSizes(spec.views).map((size, view) => ({
      height: size,
      width: size,
      channels: 3,
      data: Uint8Array.from({ length: S * size * size * 3 }, (_, i) => Math.imul(i + view + 1, 2654435761) >>> 24),
    }));
    const samples = Uint32Array.from({ length: S }, (_, i) => block * S + i);
    await store.create(keys.viewBlock(viewsHash, 0, block), writeViewBlock({ samples, views }));
  }
  const resolved = resolvedOf(spec, viewsHash);
  const child = fork(join(import.meta.dirname, 'main.ts'), {
    env: { ...process.env, ...trainingEnvironment(resolved) },
    execArgv: [],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`the training process ended early, exit code ${code}`)));
      child.on('message', (raw) => {
        const message = fromTrainerSchema.parse(raw);
        if (message.type === 'failed') reject(new Error(message.message));
        if (message.type !== 'checkpoint') return;
        if (message.entry.kind !== 'final') child.send({ type: 'committed', step: message.entry.step });
        else
          resolve(1024 * Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]));
      });
      child.send({
        type: 'start',
        run: viewsHash,
        attempt: 1,
        storage,
        spec,
        resolved,
        resume: null,
        trainSeconds: 0,
        waitSeconds: 0,
      });
    });
  } finally {
    child.kill('SIGKILL');
  }
}

// The kernel's count of a process's memory is Linux's own.
test.skipIf(process.platform !== 'linux' || expectedDevice() === 'gpu').each(cases)(
  '%s: the estimate is within a quarter of what a training process takes at its peak',
  async (_, spec) => {
    const { memory } = modelOfSpec(spec, traceStep);
    const peak = await peakBytes(spec);
    const megabytes = (bytes: number) => (bytes / 1e6).toFixed();
    console.log(`estimate ${megabytes(memory.hostBytes)} MB, peak ${megabytes(peak)} MB`);
    expect(Math.abs(memory.hostBytes / peak - 1)).toBeLessThan(0.25);
  },
  600_000,
);
