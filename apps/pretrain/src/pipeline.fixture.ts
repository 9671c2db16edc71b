import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

import { expect } from 'vitest';

import { ControlClient } from '#lib/client';
import { ingestOptionsSchema, keys, runHeadSchema } from '#lib/contracts';
import { type ObjectStore, openFileStore, openS3Store, requireJson, s3Client } from '#lib/storage';
import {
  freePorts,
  makeImageFolder,
  type NatsServer,
  type S3Server,
  type ServiceName,
  type ServiceProcess,
  startNatsServer,
  startService,
  temporaryFolder,
} from '#lib/testing';

/** A run of 240 steps that takes seconds; one probe, no pictures. */
export const tinyRun: Record<string, string> = {
  'backbone.options.width': '4',
  projectorWidth: '16',
  predictorWidth: '8',
  batch: '16',
  epochs: '40',
  'probe.k': '5',
  'probe.kinds': '[knn]',
  'probe.trainSamples': '64',
  'probe.pictures': 'none',
  'checkpoint.everySeconds': '1',
  blockSamples: '32',
};

const ackWaitMs = 2000;

/** Every service as a process of its own over a real nats-server, with a tiny dataset ingested. */
export class Pipeline implements AsyncDisposable {
  readonly #services = new Map<ServiceName, ServiceProcess>();
  readonly #env: NodeJS.ProcessEnv;
  readonly #close: () => Promise<void>;
  readonly #store: ObjectStore;
  readonly client: ControlClient;
  readonly nats: NatsServer;

  private constructor(
    given: Pick<Pipeline, 'client' | 'nats'> & {
      env: NodeJS.ProcessEnv;
      store: ObjectStore;
      close: () => Promise<void>;
    },
  ) {
    this.#env = given.env;
    this.client = given.client;
    this.nats = given.nats;
    this.#store = given.store;
    this.#close = given.close;
  }

  /** Over a folder, or over an S3 server. */
  static async start(s3?: S3Server): Promise<Pipeline> {
    const nats = await startNatsServer();
    const folder = await temporaryFolder('pipeline');
    const storage = s3 ? `s3://${s3.bucket}/runs-of-a-test` : pathToFileURL(`${folder.path}/storage`).href;
    const store = s3
      ? openS3Store({ bucket: s3.bucket, prefix: 'runs-of-a-test', client: s3Client(s3.env) })
      : openFileStore(`${folder.path}/storage`);
    const env = {
      ...s3?.env,
      NATS_URL: nats.url,
      UNLABEL_STORAGE: storage,
      UNLABEL_ACK_WAIT_MS: String(ackWaitMs),
      UNLABEL_THREADS: '1',
    };
    const port = (await freePorts(1))[0] as number;
    const close = async () => {
      await nats[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    };
    const pipeline = new Pipeline({ env, client: new ControlClient(`http://127.0.0.1:${port}`), nats, store, close });
    try {
      await pipeline.begin('control', { UNLABEL_PORT: String(port) });
      for (const name of ['ingest', 'augment', 'pretrain', 'probe'] as const) await pipeline.begin(name);
      await makeImageFolder(`${folder.path}/images`, { classes: 3, perClass: 40, size: 16 });
      await pipeline.client.ingest({
        dataset: 'tiny',
        options: ingestOptionsSchema.parse({ sources: [`${folder.path}/images`] }),
      });
      await pipeline.until('ingest', async () => (await pipeline.client.dataset('tiny')).summary.state === 'ready');
    } catch (error) {
      await pipeline.killAll();
      throw error;
    }
    return pipeline;
  }

  /** Starts a service; one that is there is replaced. */
  async begin(name: ServiceName, more: NodeJS.ProcessEnv = {}): Promise<void> {
    this.#services.set(name, await startService(name, { ...this.#env, ...more }));
  }

  /** kill -9 */
  async kill(name: ServiceName): Promise<void> {
    await this.#services.get(name)?.kill();
  }

  /** Leaves no process behind where the start itself failed. */
  async killAll(): Promise<void> {
    await Promise.all([...this.#services.values()].map((service) => service.kill()));
    await this.#close();
  }

  async until<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> {
    const deadline = performance.now() + 150_000;
    while (performance.now() < deadline) {
      const found = await look();
      if (found) return found;
      await sleep(100);
    }
    const said = [...this.#services].map(([name, service]) => `${name}:\n${service.output().slice(-1500)}`);
    throw new Error(`${what} did not happen\n${said.join('\n')}`);
  }

  /** Waits until a run is finished; returns how many attempts it took. */
  async finished(run: string): Promise<number> {
    await this.until(`the end of ${run}`, async () => {
      const { summary } = await this.client.run(run);
      if (summary.state === 'failed' || summary.state === 'blocked')
        throw new Error(`${run} is ${summary.state}: ${summary.reason}`);
      return summary.state === 'finished';
    });
    return (await this.client.run(run)).head.attempt;
  }

  async objects(prefix: string): Promise<string[]> {
    const found: string[] = [];
    for await (const { key } of this.#store.list(prefix)) found.push(key);
    return found;
  }

  /** Keys of the view blocks that were made. */
  async viewBlocks(): Promise<string[]> {
    const blocks: string[] = [];
    for await (const { key } of this.#store.list('views/')) if (key.endsWith('.safetensors')) blocks.push(key);
    return blocks;
  }

  /** The manifest of a run's final checkpoint: it holds the sha256 of every file, and nothing that two equal runs differ in. */
  async finalManifest(run: string): Promise<string> {
    const head = await requireJson(this.#store, keys.runHead(run), runHeadSchema);
    const last = head.checkpoints.at(-1);
    expect(last?.kind).toBe('final');
    const manifest = await this.#store.get(keys.checkpointFile(last?.folder ?? '', 'manifest.json'));
    expect(manifest).toBeDefined();
    return new TextDecoder().decode(manifest?.bytes);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const codes = await Promise.all([...this.#services.values()].map((service) => service.stop()));
    await this.#close();
    expect(codes).toEqual(codes.map(() => 0));
  }
}
