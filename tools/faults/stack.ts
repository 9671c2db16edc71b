import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { ControlClient } from '#lib/client';
import type { Fault } from '#lib/faults';
import type { Draws } from '#lib/sampling';
import { type ObjectStore, openFileStore, openS3Store, s3Client } from '#lib/storage';
import {
  freePorts,
  type NatsServer,
  type S3Server,
  type ServiceName,
  startNatsServer,
  startS3Server,
  temporaryFolder,
  type TemporaryFolder,
} from '#lib/testing';

import { KeptService } from './kept-service.ts';
import { S3Proxy } from './s3-proxy.ts';
import { TcpProxy } from './tcp-proxy.ts';

export type StorageKind = 'file' | 's3';

export interface StackOptions {
  storage: StorageKind;
  /** each happens once, in the first process that comes to it */
  faults?: Fault[];
  /** a file that every point is written to that a process passes */
  trace?: string;
  /** puts proxies between the services and their servers */
  isProxied?: boolean;
  /** part of the requests to the S3 server that go wrong, and what draws them */
  s3Errors?: { part: number; draws: Draws };
  /** services more than one of each, so that one can take what the other holds */
  more?: ServiceName[];
  /** how long each step of a play may take. @default 180000 */
  patienceMs?: number;
  /** more environment of every service */
  env?: NodeJS.ProcessEnv;
}

interface Servers {
  nats: NatsServer;
  s3: S3Server | undefined;
  /** where control listens */
  port: number;
  natsProxy: TcpProxy | undefined;
  s3Proxy: TcpProxy | S3Proxy | undefined;
}

const services: ServiceName[] = ['control', 'ingest', 'augment', 'pretrain', 'probe'];
/** Short, so that what is lost comes again soon. */
export const ackWaitMs = 2000;
const prefix = 'faults';

/** Those that have not ended. */
const running = new Set<FaultStack>();

/** Ends every stack that is under way, for whoever interrupts the suite. */
export async function endStacks(): Promise<void> {
  await Promise.all([...running].map((stack) => stack[Symbol.asyncDispose]()));
}

/** All services over real servers, each started again when it ends, as a supervisor or an orchestrator would. */
export class FaultStack implements AsyncDisposable {
  readonly client: ControlClient;
  readonly nats: NatsServer;
  readonly s3: S3Server | undefined;
  readonly natsProxy: TcpProxy | undefined;
  readonly s3Proxy: TcpProxy | S3Proxy | undefined;
  readonly store: ObjectStore;
  readonly folder: string;
  /** where services put temporary files */
  readonly temporaryFiles: string;
  readonly patienceMs: number;
  readonly #temporary: TemporaryFolder;
  readonly #env: NodeJS.ProcessEnv;
  readonly #port: number;
  #services: KeptService[] = [];
  readonly #faults: readonly Fault[];
  /** numbers of faults whose process goes on again */
  readonly #continued = new Set<number>();
  /** in the environment of every process of this stack */
  readonly #mark = randomUUID();
  #isEnding = false;

  private constructor(temporary: TemporaryFolder, servers: Servers, options: StackOptions) {
    const { nats, s3, port, natsProxy, s3Proxy } = servers;
    this.#temporary = temporary;
    this.folder = temporary.path;
    this.patienceMs = options.patienceMs ?? 180_000;
    this.nats = nats;
    this.s3 = s3;
    this.#port = port;
    this.natsProxy = natsProxy;
    this.s3Proxy = s3Proxy;
    this.client = new ControlClient(`http://127.0.0.1:${port}`);
    this.temporaryFiles = join(this.folder, 'tmp');
    mkdirSync(this.temporaryFiles);
    const folder = join(this.folder, 'storage');
    this.store = s3 ? openS3Store({ bucket: s3.bucket, prefix, client: s3Client(s3.env) }) : openFileStore(folder);
    this.#faults = (options.faults ?? []).map((fault, i) => ({ ...fault, once: this.#faultFile(i) }));
    this.#env = {
      ...s3?.env,
      ...(s3Proxy && { AWS_ENDPOINT_URL: endpointOf(s3Proxy) }),
      NATS_URL: natsProxy ? `nats://127.0.0.1:${natsProxy.port}` : nats.url,
      UNLABEL_STORAGE: s3 ? `s3://${s3.bucket}/${prefix}` : pathToFileURL(folder).href,
      UNLABEL_ACK_WAIT_MS: String(ackWaitMs),
      UNLABEL_THREADS: '1',
      UNLABEL_FAULTS: JSON.stringify(this.#faults),
      UNLABEL_FAULT_STACK: this.#mark,
      TMPDIR: this.temporaryFiles,
      ...(options.trace && { UNLABEL_FAULTS_TRACE: options.trace }),
      ...options.env,
    };
  }

  static async start(options: StackOptions): Promise<FaultStack> {
    const temporary = await temporaryFolder('faults');
    const nats = await startNatsServer();
    const s3 = options.storage === 's3' ? await startS3Server() : undefined;
    const natsProxy = options.isProxied ? await TcpProxy.start(nats.port) : undefined;
    const port = (await freePorts(1))[0] as number;
    const stack = new FaultStack(
      temporary,
      { nats, s3, port, natsProxy, s3Proxy: await s3ProxyOf(s3, options) },
      options,
    );
    running.add(stack);
    for (const name of [...services, ...(options.more ?? [])]) stack.#add(name);
    return stack;
  }

  /** Whether the fault of this number has happened. */
  hasHappened(index: number): boolean {
    return existsSync(this.#faultFile(index));
  }

  #faultFile(index: number): string {
    return join(this.folder, `fault-${index}`);
  }

  /** SIGCONT to every process that a fault stopped so long ago. */
  continueStopped(afterMs: number): void {
    for (const [index, { action }] of this.#faults.entries()) {
      if (action !== 'stop' || this.#continued.has(index) || !this.hasHappened(index)) continue;
      const file = this.#faultFile(index);
      if (Date.now() - statSync(file).mtimeMs < afterMs) continue;
      this.#continued.add(index);
      const pid = Number(readFileSync(file, 'utf8'));
      if (this.#processes().some((running) => running.pid === pid)) signalTo(pid, 'SIGCONT');
    }
  }

  /** `kill -9` of the services of a name; they are started again. @returns how many there were */
  async kill(name: ServiceName): Promise<number> {
    const killed = await Promise.all(this.#named(name).map((service) => service.kill()));
    return killed.filter(Boolean).length;
  }

  /** `kill -9` of the processes of a program, such as `trainer/main.ts`. @returns how many there were */
  killProgram(program: string): number {
    const found = this.#processes().filter(({ command }) => command.includes(program));
    for (const { pid } of found) signalTo(pid, 'SIGKILL');
    return found.length;
  }

  /** From now on there are so many of a service; those that are too many drain and end. */
  async scale(name: ServiceName, count: number): Promise<void> {
    const all = this.#named(name);
    for (let i = all.length; i < count; i++) this.#add(name);
    const left = all.slice(count);
    this.#services = this.#services.filter((service) => !left.includes(service));
    await Promise.all(left.map((service) => service.stop()));
  }

  /** Whether every service takes work. */
  isRunning(): boolean {
    return this.#services.every((service) => service.isRunning);
  }

  #named(name: ServiceName): KeptService[] {
    return this.#services.filter((service) => service.name === name);
  }

  /** Resident bytes of each service, by its name: the largest where there are several. */
  memory(): Record<string, number> {
    const found: Record<string, number> = {};
    for (const { pid, command } of this.#processes()) {
      const name = /apps\/(\w+)\/src\/main\.ts/.exec(command)?.[1];
      const kilobytes = name && /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
      if (name && kilobytes) found[name] = Math.max(found[name] ?? 0, 1024 * Number(kilobytes));
    }
    return found;
  }

  /** What the services printed last, for a failure's report. */
  lastWords(): string {
    return this.#services.map((service) => `${service.name}: ${service.output().slice(-1200)}`).join('\n');
  }

  /** Ends the services by SIGTERM, then the servers. @returns processes of the stack that are left, which there must not be */
  async end(): Promise<string[]> {
    this.#isEnding = true;
    for (const { pid, state } of this.#processes()) if (state === 'T') signalTo(pid, 'SIGCONT');
    await Promise.all(this.#services.map((service) => service.stop()));
    const left = this.#processes().map(({ pid, command }) => `${pid} ${command}`);
    for (const { pid } of this.#processes()) signalTo(pid, 'SIGKILL');
    await this.natsProxy?.[Symbol.asyncDispose]();
    await this.s3Proxy?.[Symbol.asyncDispose]();
    await this.nats[Symbol.asyncDispose]();
    await this.s3?.[Symbol.asyncDispose]();
    return left;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isEnding) await this.end();
    running.delete(this);
    await this.#temporary[Symbol.asyncDispose]();
  }

  #add(name: ServiceName): void {
    const env = { ...this.#env, ...(name === 'control' && { UNLABEL_PORT: String(this.#port) }) };
    this.#services.push(new KeptService(name, env));
  }

  #processes(): { pid: number; state: string; command: string }[] {
    const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    return pids.flatMap((pid) => {
      try {
        if (!readFileSync(`/proc/${pid}/environ`, 'latin1').includes(this.#mark)) return [];
        const state = /\) (\w) /.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.[1] ?? '?';
        const command = readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ');
        return state === 'Z' ? [] : [{ pid: Number(pid), state, command }];
      } catch {
        return []; // it has ended meanwhile
      }
    });
  }
}

async function s3ProxyOf(
  s3: S3Server | undefined,
  { isProxied, s3Errors }: StackOptions,
): Promise<TcpProxy | S3Proxy | undefined> {
  if (!s3) return undefined;
  if (s3Errors) return S3Proxy.start(s3.endpoint, s3Errors.draws, s3Errors.part);
  return isProxied ? TcpProxy.start(Number(new URL(s3.endpoint).port)) : undefined;
}

const endpointOf = (proxy: TcpProxy | S3Proxy): string =>
  proxy instanceof TcpProxy ? `http://127.0.0.1:${proxy.port}` : proxy.endpoint;

/** A signal to a process that may have ended since it was seen. */
function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
