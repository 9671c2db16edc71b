import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { UnlabelError } from '#lib/contracts';

import type { Binding } from './binding.ts';
import type { Graph } from './graph.ts';
import { makeSessionFolder } from './session-folder.ts';

/** An array to be fed, with what the native library must know of it. */
export interface Feed {
  shape: number[];
  /** TensorFlow's number of the element type */
  type: number;
  values: ArrayBufferView;
}

/** A graph loaded into TensorFlow, with variables of its own. */
export class Session {
  readonly #binding: Binding;
  #id: number | undefined;

  /** Loads a graph; the file that it goes through is gone afterwards. */
  constructor(binding: Binding, graph: Graph) {
    this.#binding = binding;
    const folder = makeSessionFolder();
    try {
      writeFileSync(join(folder, 'saved_model.pb'), graph.savedModel());
      this.#id = translated('loading the recorded step', () => binding.loadSavedModel(folder, 'serve'));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  /**
   * One call of the session. The native library may read the arrays in place, until the call ends.
   * @param feedNames nodes to feed, comma-separated, in the order of `feeds`
   * @param fetchNames nodes to fetch, all float32, comma-separated
   * @returns a new array for each fetched node
   */
  run(feeds: readonly Feed[], feedNames: string, fetchNames: string): Float32Array[] {
    const id = this.#id;
    if (id === undefined) throw new UnlabelError('step: used after dispose()');
    const binding = this.#binding;
    const fed: number[] = [];
    try {
      for (const { shape, type, values } of feeds) fed.push(binding.createTensor(shape, type, values));
      return translated('running the recorded step', () => binding.runSavedModel(id, fed, feedNames, fetchNames)).map(
        (output) => {
          const values = binding.tensorDataSync(output.id);
          binding.deleteTensor(output.id);
          return values;
        },
      );
    } finally {
      for (const tensor of fed) binding.deleteTensor(tensor);
    }
  }

  /** Frees the session and its variables. */
  dispose(): void {
    if (this.#id !== undefined) this.#binding.deleteSavedModel(this.#id);
    this.#id = undefined;
  }
}

/** TensorFlow's errors carry a trace of the graph after the first line. */
function translated<T>(what: string, call: () => T): T {
  try {
    return call();
  } catch (cause) {
    const { message } = cause as Error;
    const [line = ''] = message.split('\n');
    const node = /\{\{node (\S+)\}\}/.exec(message)?.[1];
    const where = node && !line.includes(node) ? ` (node ${node})` : '';
    throw new UnlabelError(`step: ${what} failed in TensorFlow: ${line}${where}`, {
      cause,
      remedy: /OOM|memory/i.test(line) ? 'use a smaller batch or model' : undefined,
    });
  }
}
