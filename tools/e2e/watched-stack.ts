import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { ControlClient } from '#lib/client';
import { ingestOptionsSchema, type RunDetail } from '#lib/contracts';
import { freePorts, temporaryFolder, type TemporaryFolder } from '#lib/testing';

const root = resolve(import.meta.dirname, '../..');
const cli = join(root, 'apps/cli/src/main.ts');
const lookEveryMs = 100;
const withinMs = 150_000;

/** A run of some seconds. */
export const tinySimSiam: Record<string, string> = {
  'backbone.options.width': '4',
  projectorWidth: '16',
  predictorWidth: '8',
  batch: '16',
  epochs: '30',
  'checkpoint.everyEpochs': '10',
  'monitors.everySteps': '20',
  'probe.k': '5',
  'probe.trainSamples': '64',
  blockSamples: '32',
};
export const tinyMae: Record<string, string> = {
  'backbone.options.depth': '2',
  batch: '16',
  epochs: '30',
  'checkpoint.everyEpochs': '10',
  'probe.k': '5',
  'probe.trainSamples': '64',
  blockSamples: '32',
};

/** The local stack as a user starts it, in a folder of its own, which goes with it. */
export class WatchedStack implements AsyncDisposable {
  readonly address: string;
  readonly client: ControlClient;
  readonly folder: string;
  readonly #temporary: TemporaryFolder;
  readonly #env: NodeJS.ProcessEnv;

  private constructor(address: string, temporary: TemporaryFolder, env: NodeJS.ProcessEnv) {
    this.address = address;
    this.client = new ControlClient(address);
    this.folder = temporary.path;
    this.#temporary = temporary;
    this.#env = env;
  }

  static async start(): Promise<WatchedStack> {
    const temporary = await temporaryFolder('e2e');
    const [port] = await freePorts(1);
    const env = {
      ...process.env,
      UNLABEL_HOME: join(temporary.path, 'home'),
      UNLABEL_PORT: String(port),
      UNLABEL_THREADS: '1',
    };
    const stack = new WatchedStack(`http://127.0.0.1:${port}`, temporary, env);
    await stack.command('datasets'); // a command starts the stack, which outlives it
    return stack;
  }

  /** Runs `./unlabel` with these words. @throws with what it printed if it does not end with 0 */
  async command(...words: string[]): Promise<string> {
    const child = spawn(process.execPath, [cli, ...words], { env: this.#env, stdio: ['ignore', 'pipe', 'pipe'] });
    const exited = once(child, 'exit') as Promise<[number | null]>;
    const [out, problems, [code]] = await Promise.all([text(child.stdout), text(child.stderr), exited]);
    if (code !== 0) throw new Error(`unlabel ${words.join(' ')} ended with ${code}:\n${out}${problems}`);
    return out;
  }

  /** Makes a dataset of a folder, and waits until it is ready. */
  async ingest(dataset: string, folder: string): Promise<void> {
    await this.client.ingest({ dataset, options: ingestOptionsSchema.parse({ sources: [folder], holdout: 0.2 }) });
    await this.until(`the dataset ${dataset}`, async () => {
      const { state } = (await this.client.dataset(dataset)).summary;
      return state === 'ready';
    });
  }

  /** Waits until a run is finished and all that is to be measured and pictured is. */
  async finished(run: string): Promise<RunDetail> {
    await this.until(`the end of ${run}`, async () => {
      const { summary, probesPending } = await this.client.run(run);
      if (summary.state === 'failed') throw new Error(`${run} failed: ${summary.reason}`);
      const { steps } = await this.client.pictures(run);
      return summary.state === 'finished' && probesPending.length === 0 && steps.every(({ state }) => state === 'made');
    });
    return this.client.run(run);
  }

  async until(what: string, look: () => Promise<boolean>): Promise<void> {
    const deadline = performance.now() + withinMs;
    while (!(await look())) {
      if (performance.now() > deadline) throw new Error(`${what} did not come`);
      await sleep(lookEveryMs);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.command('down');
    await this.#temporary[Symbol.asyncDispose]();
  }
}
