import { join } from 'node:path';

import { type ViewRecipe, viewSizes } from '#lib/contracts';

import { LineChild } from '../measuring/line-child.ts';
import type { Side } from '../measuring/turns.ts';

import { type Part, viewsPreparedSchema, type ViewsQuestion, type ViewsRan, viewsRanSchema } from './messages.ts';

export interface ViewsWork {
  recipe: ViewRecipe;
  files: string[];
  decoded: boolean;
}

/** A process that makes the views of a recipe: ours, or with a Python that of albumentations. */
export class ViewsProcess implements AsyncDisposable {
  readonly name: string;
  readonly #child: LineChild;

  private constructor(python: string | undefined) {
    this.name = python ? 'albumentations' : 'ours';
    this.#child = new LineChild(
      python
        ? { name: this.name, command: python, args: [join(import.meta.dirname, 'albumentations_views.py')] }
        : { name: this.name, command: process.execPath, args: [join(import.meta.dirname, 'our-views.ts')] },
    );
  }

  /** @throws RefusedError for an operation without counterpart; Error if its views are not of the recipe's size */
  static async start(work: ViewsWork, python?: string): Promise<ViewsProcess> {
    const started = new ViewsProcess(python);
    try {
      const { shapes } = await started.#child.ask(
        { type: 'prepare', ...work } satisfies ViewsQuestion,
        viewsPreparedSchema,
      );
      const wanted = viewSizes(work.recipe).map((size) => [size, size, 3]);
      if (JSON.stringify(shapes) !== JSON.stringify(wanted))
        throw new Error(`${started.name}: views of ${JSON.stringify(shapes)}, expected ${JSON.stringify(wanted)}`);
    } catch (error) {
      await started.#child.close();
      throw error;
    }
    return started;
  }

  ran(part: Part, passes: number): Promise<ViewsRan> {
    return this.#child.ask({ type: 'run', part, passes } satisfies ViewsQuestion, viewsRanSchema);
  }

  /** One part as a side that takes turns: a step is a pass over all images, its seconds those of the processor for one. */
  side(part: Part): Side {
    return { name: `${this.name}, ${part}`, run: async (passes) => (await this.ran(part, passes)).seconds };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#child.close();
  }
}
