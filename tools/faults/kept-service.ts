import { setTimeout as sleep } from 'node:timers/promises';

import { type ServiceName, type ServiceProcess, startService } from '#lib/testing';

const restartDelayMs = 200;

/** A service that is started again whenever it ends, as a supervisor or an orchestrator would, until it is no longer wanted. */
export class KeptService {
  readonly name: ServiceName;
  /** resolves when it is no longer wanted and has ended */
  readonly ended: Promise<void>;
  #process: ServiceProcess | undefined;
  #isWanted = true;

  constructor(name: ServiceName, env: NodeJS.ProcessEnv) {
    this.name = name;
    this.ended = this.#keep(env);
  }

  /** What it printed since it was last started. */
  output(): string {
    return this.#process?.output() ?? '';
  }

  get isRunning(): boolean {
    return this.#process !== undefined;
  }

  /** kill -9; it is started again. @returns whether there was one to kill */
  async kill(): Promise<boolean> {
    const killed = this.#process;
    await killed?.kill();
    return killed !== undefined;
  }

  /** SIGTERM, for good. */
  async stop(): Promise<void> {
    this.#isWanted = false;
    await this.#process?.stop();
    await this.ended;
  }

  async #keep(env: NodeJS.ProcessEnv): Promise<void> {
    while (this.#isWanted) {
      const started = await startService(this.name, env).catch(() => undefined); // it may end before it is ready
      if (started) {
        this.#process = started;
        if (!this.#isWanted) await started.stop();
        await started.ended;
        this.#process = undefined;
      }
      if (this.#isWanted) await sleep(restartDelayMs);
    }
  }
}
