import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

import { z } from 'zod';

import { UnlabelError } from '#lib/contracts';

/** What a child says in place of an answer when it could not do what it was asked. */
export const failedSchema = z.strictObject({ type: z.literal('failed'), message: z.string() });

/** The child could not do what it was asked, and said why. It may be asked for other things. */
export class RefusedError extends UnlabelError {}

export interface LineChildOptions {
  /** for messages */
  name: string;
  command: string;
  args: string[];
  env?: NodeJS.ProcessEnv;
}

const endGraceMs = 10_000;
const keptErrorCharacters = 8000;
/** What TensorFlow and oneDNN print whenever they are loaded: nothing that a process died of. */
const isGreeting = /absl::InitializeLog|oneDNN custom operations|TF_ENABLE_ONEDNN_OPTS|^[IW]\d{4} |rebuild TensorFlow/;

/**
 * A process that is asked for one thing at a time: a line of JSON on its standard input, a line of JSON on its standard
 * output. It waits in a blocking read, so it takes no time of the processor while nobody asks. It ends with its input.
 */
export class LineChild {
  readonly #name: string;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  readonly #exited: Promise<unknown>;
  #errors = '';

  constructor({ name, command, args, env = process.env }: LineChildOptions) {
    this.#name = name;
    this.#child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
    this.#exited = new Promise((resolve) => {
      this.#child.once('exit', resolve);
      this.#child.once('error', (error) => {
        this.#errors += error.message;
        resolve(error);
      });
    });
    this.#child.stdin.on('error', () => undefined); // a child that has ended is seen by its missing answer
    this.#child.stderr.on('data', (bytes: Buffer) => {
      this.#errors = (this.#errors + bytes.toString()).slice(-keptErrorCharacters);
      if (process.env['UNLABEL_DEBUG']) process.stderr.write(bytes);
    });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /**
   * Asks and waits for the answer. Calls must not overlap.
   * @throws RefusedError with the child's words for what it could not do
   * @throws UnlabelError for a child that ended, or an answer that is not what the schema says
   */
  async ask<T>(question: unknown, answer: z.ZodType<T>): Promise<T> {
    this.#child.stdin.write(`${JSON.stringify(question)}\n`);
    const line = await this.#lines.next();
    if (line.done) throw await this.#death();
    let said: unknown;
    try {
      said = JSON.parse(line.value);
    } catch {
      throw new UnlabelError(`${this.#name}: is no JSON: ${line.value.slice(0, 200)}`);
    }
    const failed = failedSchema.safeParse(said);
    if (failed.success) throw new RefusedError(`${this.#name}: ${failed.data.message}`);
    const parsed = answer.safeParse(said);
    if (parsed.success) return parsed.data;
    throw new UnlabelError(`${this.#name}: an answer that was not expected: ${z.prettifyError(parsed.error)}`);
  }

  /** Ends it; one that does not end by itself is killed. */
  async close(): Promise<void> {
    this.#child.stdin.end();
    const kill = setTimeout(() => this.#child.kill('SIGKILL'), endGraceMs);
    await this.#exited;
    clearTimeout(kill);
  }

  async #death(): Promise<UnlabelError> {
    await this.#exited;
    if (!this.#child.stderr.closed) await once(this.#child.stderr, 'close');
    const { exitCode, signalCode } = this.#child;
    const said = this.#errors.split('\n').filter((text) => text.trim() !== '' && !isGreeting.test(text));
    const last = said.slice(-3).join(' | ');
    return new UnlabelError(`${this.#name} ended (${signalCode ?? `exit code ${exitCode}`})${last && `: ${last}`}`, {
      remedy: 'UNLABEL_DEBUG=1 shows all that it prints',
    });
  }
}
