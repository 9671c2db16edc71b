// Makes views as a block thread does, of images that are decoded or not. Answers questions, see `messages.ts`.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

import { type ViewRecipe, viewSizes } from '#lib/contracts';
import { type DecodedImage, decodeImage, ImageReader } from '#lib/images';
import { Draws } from '#lib/sampling';
import { makeViews } from '#lib/transforms';

import { type Part, type ViewsAnswer, type ViewsQuestion, viewsQuestionSchema, type ViewsRan } from './messages.ts';

const maxPixels = 50_000_000;
const microsecondsPerSecond = 1e6;
const seed = 1;

class OurViews {
  readonly #recipe: ViewRecipe;
  readonly #isDecoded: boolean;
  readonly #files: Uint8Array[];
  readonly #images: DecodedImage[];
  readonly #targets: Uint8Array[];
  readonly #reader = new ImageReader();
  #epoch = 0;

  constructor(recipe: ViewRecipe, isDecoded: boolean, files: Uint8Array[], images: DecodedImage[]) {
    this.#recipe = recipe;
    this.#isDecoded = isDecoded;
    this.#files = files;
    this.#images = images;
    this.#targets = viewSizes(recipe).map((size) => new Uint8Array(size * size * 3));
  }

  async run(part: Part, passes: number): Promise<ViewsRan> {
    const seconds: number[] = [];
    const rssBytes: number[] = [];
    for (let pass = 0; pass < passes; pass++) {
      const before = process.cpuUsage();
      await this.#pass(part);
      const { user, system } = process.cpuUsage(before);
      seconds.push((user + system) / microsecondsPerSecond / this.#files.length);
      rssBytes.push(process.memoryUsage.rss());
    }
    return { type: 'ran', seconds, rssBytes };
  }

  async #pass(part: Part): Promise<void> {
    const epoch = this.#epoch++;
    const isDecoding = part !== 'views' && !this.#isDecoded;
    for (let sample = 0; sample < this.#files.length; sample++) {
      const image = isDecoding
        ? await this.#reader.read(this.#files[sample] as Uint8Array, { maxPixels })
        : (this.#images[sample] as DecodedImage); // pixels in memory need no waiting for
      if (part === 'decoding') continue;
      const drawsOf = (view: number) => new Draws({ seed, purpose: 'view', epoch, sample, view });
      makeViews(image, this.#recipe, drawsOf, (view) => this.#targets[view] as Uint8Array);
    }
  }
}

let ours: OurViews | undefined;

async function answer(question: ViewsQuestion): Promise<ViewsAnswer> {
  if (question.type === 'prepare') {
    const { recipe, decoded } = question;
    const files = question.files.map((file) => Uint8Array.from(readFileSync(file)));
    const images = await Promise.all(files.map((bytes) => decodeImage(bytes, { maxPixels })));
    ours = new OurViews(recipe, decoded, files, images);
    return { type: 'prepared', images: files.length, shapes: viewSizes(recipe).map((size) => [size, size, 3]) };
  }
  if (!ours) throw new Error('run was asked for before prepare');
  return ours.run(question.part, question.passes);
}

for await (const line of createInterface({ input: process.stdin })) {
  let said: ViewsAnswer;
  try {
    said = await answer(viewsQuestionSchema.parse(JSON.parse(line)));
  } catch (error) {
    said = { type: 'failed', message: error instanceof Error ? error.message : String(error) };
  }
  process.stdout.write(`${JSON.stringify(said)}\n`);
}
