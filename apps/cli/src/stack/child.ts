import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';

export interface ChildOptions {
  name: string;
  command: string;
  args: string[];
  env: NodeJS.ProcessEnv;
  logs: string;
  /** An IPC channel lets a service see that its supervisor is gone. */
  ipc: boolean;
  onChange: () => void;
}

const backoffMs = [200, 500, 1000, 2000, 5000, 10_000];
const healthyMs = 30_000;

/** A process that is started again whenever it ends, sooner if it had been up for long. Its output goes to a log file. */
export class Child {
  readonly #options: ChildOptions;
  #process: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();
  #failures = 0;
  #stopping = false;
  #restart: NodeJS.Timeout | undefined;

  constructor(options: ChildOptions) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.name;
  }

  get pid(): number | undefined {
    return this.#process?.exitCode === null && this.#process.signalCode === null ? this.#process.pid : undefined;
  }

  start(): void {
    const { command, args, env, logs, ipc, name, onChange } = this.#options;
    mkdirSync(logs, { recursive: true });
    const log = openSync(join(logs, `${name}.log`), 'a');
    const startedAt = performance.now();
    const child = spawn(command, args, { env, stdio: ipc ? ['ignore', log, log, 'ipc'] : ['ignore', log, log] });
    closeSync(log);
    this.#process = child;
    this.#ended = new Promise((resolve) => {
      let isOver = false;
      const ended = () => {
        if (isOver) return; // a process that ends may have failed before
        isOver = true;
        resolve();
        if (this.#stopping) return;
        if (performance.now() - startedAt > healthyMs) this.#failures = 0;
        this.#restart = setTimeout(() => this.start(), backoffMs[Math.min(this.#failures++, backoffMs.length - 1)]);
        onChange();
      };
      child.once('exit', ended);
      child.on('error', () => child.pid === undefined && ended()); // the command could not be started
    });
    onChange();
  }

  /** Ends it: SIGTERM, and SIGKILL when the grace is over. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#restart);
    if (this.pid === undefined) return;
    this.#process?.kill('SIGTERM');
    const kill = setTimeout(() => this.#process?.kill('SIGKILL'), graceMs);
    await this.#ended;
    clearTimeout(kill);
  }
}
