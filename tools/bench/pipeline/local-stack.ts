import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { ControlClient } from '#lib/client';
import { ingestOptionsSchema, type RunDetail, type Stack, UsageError } from '#lib/contracts';

import { endStack, joinStack } from '../../../apps/cli/src/stack/join-stack.ts';
import { cacheFolder, catalogue } from '../../../apps/ingest/src/catalogue/index.ts';
import type { BenchContext } from '../bench.ts';

const lookEveryMs = 200;

/** A name of the catalogue, fetched into the cache if it is not there yet, or anything else as a path. */
export async function sourceOf(data: string, say: (line: string) => void): Promise<string> {
  const known = catalogue.find(({ name }) => name === data);
  if (!known) return resolve(data);
  await known.prepare(join(cacheFolder(), known.name), { log: say, progress: () => undefined });
  return data;
}

/** A whole local stack in the bench's own folder, ended and gone with it. */
export class LocalStack implements AsyncDisposable {
  readonly client: ControlClient;
  readonly stack: Stack;
  readonly #signal: AbortSignal;
  readonly #say: (line: string) => void;

  private constructor(stack: Stack, { signal, say }: BenchContext) {
    this.stack = stack;
    this.client = new ControlClient(stack.control);
    this.#signal = signal;
    this.#say = say;
  }

  /** Starts one, or joins the one that is there already. */
  static async start(context: BenchContext): Promise<LocalStack> {
    process.env['UNLABEL_HOME'] = join(context.folder, 'home');
    const { stack } = await joinStack(context.say);
    return new LocalStack(stack, context);
  }

  /** Ingests a part of a source, all of it as train, and waits until it is there. */
  async ingest(dataset: string, data: string, fraction: number): Promise<void> {
    const options = ingestOptionsSchema.parse({
      sources: [await sourceOf(data, this.#say)],
      fraction,
      holdout: 0,
      tune: 0,
    });
    await this.client.ingest({ dataset, options });
    for (;;) {
      const { summary } = await this.client.dataset(dataset);
      if (summary.state === 'ready') return;
      if (summary.state === 'failed') throw new UsageError(`bench: ingest failed: ${summary.reason}`);
      await this.#pause();
    }
  }

  /** Starts a run without anything beside the training, and waits until `isThere` says that enough of it is there. */
  async train(
    recipe: string,
    changes: Record<string, string>,
    isThere: (run: RunDetail) => boolean | Promise<boolean>,
  ): Promise<RunDetail> {
    const plain = { 'probe.kinds': '[]', 'probe.pictures': 'none', monitors: 'null', earlyStopping: 'null' };
    const { run } = await this.client.startRun({ recipe, dataset: 'bench', changes: { ...plain, ...changes } });
    for (;;) {
      const detail = await this.client.run(run);
      const { state, reason } = detail.summary;
      if (state !== 'queued' && state !== 'running' && state !== 'finished')
        throw new UsageError(`bench: ${run} is ${state}: ${reason}`);
      if (await isThere(detail)) return detail;
      await this.#pause();
    }
  }

  /** Stops a run and waits until its worker has let go. */
  async stop(run: string): Promise<void> {
    await this.client.stopRun(run);
    while ((await this.client.run(run)).summary.state !== 'stopped') await this.#pause();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await endStack();
  }

  #pause = (): Promise<void> => sleep(lookEveryMs, undefined, { signal: this.#signal });
}

export const isFinished = ({ summary }: RunDetail): boolean => summary.state === 'finished';
