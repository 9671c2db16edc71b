import { z } from 'zod';

import { type ViewRecipe, viewRecipeSchema } from '#lib/contracts';

import { type Part } from '../augmentation/messages.ts';
import { photographs, writePictures } from '../augmentation/pictures.ts';
import { ViewsProcess, type ViewsWork } from '../augmentation/views-process.ts';
import { type BenchContext, defineBench } from '../bench.ts';
import { countFlag } from '../flag-schemas.ts';
import { median } from '../measuring/median.ts';
import { pairedRatio, takeTurns } from '../measuring/turns.ts';
import { type Goal, tableOf } from '../report/report.ts';

const [smallSide, largeSide] = [32, 224];
const photograph = { width: 500, height: 375 };
const [smallImages, largeImages] = [500, 12];
/** Passes over all images before anything is timed: compilers are done then. */
const warmUpPasses = 6;
const megabyte = 1e6;

/** SimSiam's two views (recipes/simsiam.yaml), with the blur of its ImageNet version where they are large. */
function recipeOf(size: number): ViewRecipe {
  const blur = { op: 'gaussian-blur', p: 0.5, kernel: 23, sigma: [0.1, 2] };
  const operations = [
    { op: 'random-resized-crop', size, scale: [0.2, 1] },
    { op: 'horizontal-flip', p: 0.5 },
    { op: 'color-jitter', p: 0.8, brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 },
    { op: 'grayscale', p: 0.2 },
    ...(size === largeSide ? [blur] : []),
  ];
  return viewRecipeSchema.parse({ version: 1, views: [{ count: 2, operations }] });
}

interface Work extends ViewsWork {
  title: string;
  parts: Part[];
  passes: number;
  goal: { must: number; aim: number };
}

async function works(folder: string, photos: string | undefined): Promise<Work[]> {
  const repeated = (count: number, size: typeof photograph) => Array.from({ length: count }, () => size);
  const small = repeated(smallImages, { width: smallSide, height: smallSide });
  const large = repeated(largeImages, photograph);
  return [
    {
      title: `two views of ${smallSide} px from pixels`,
      recipe: recipeOf(smallSide),
      files: await writePictures(folder, { name: 'small', sizes: small, isJpeg: false }),
      decoded: true,
      parts: ['all'],
      passes: 4,
      goal: { must: 2, aim: 5 },
    },
    {
      title: `two views of ${largeSide} px from JPEG`,
      recipe: recipeOf(largeSide),
      files: photos
        ? await photographs(photos, largeImages)
        : await writePictures(folder, { name: 'large', sizes: large, isJpeg: true }),
      decoded: false,
      parts: ['all', 'decoding', 'views'],
      passes: 2,
      goal: { must: 1, aim: 1.5 },
    },
  ];
}

export const bench = defineBench({
  title: 'Augmentation on one core',
  about: 'Views made of images, in time of the processor; with --compare the same recipe in albumentations, in turns.',
  flags: z.strictObject({
    rounds: countFlag().prefault('11').describe('turns of each side'),
    photos: z.string().optional().describe('a folder whose JPEGs are taken; default: pictures that are made'),
    memoryImages: countFlag().prefault('20000').describe('JPEGs made into views while memory is watched'),
  }),
  short: { rounds: '7', memoryImages: '3000' },
  python: ['albumentations', 'opencv-python-headless', 'numpy'],
  async run({ rounds, photos, memoryImages }, context) {
    const rows = [];
    const goals: Goal[] = [];
    for (const work of await works(context.folder, photos)) {
      const timed = await timeWork(work, rounds, context);
      rows.push(...timed);
      const measured = timed[0]?.ratio ?? null;
      if (context.python) goals.push({ work: `${work.title}, against albumentations`, measured, ...work.goal });
    }
    const columns = { work: 0, part: 0, 'images/s': 0, 'µs an image': 0, 'its images/s': 0, ratio: 2 };
    return {
      tables: [tableOf(columns, rows), await watchMemory(memoryImages, context)],
      goals,
      notes: [
        `medians of ${rounds} rounds; the ratio is the median over the rounds of the ratios within a round`,
        'time is that of the processor in all threads of a process, so it is per core, whatever else runs',
        photos
          ? `JPEGs of ${photos}`
          : `JPEGs made here, ${photograph.width} × ${photograph.height}, 4:4:4, about 110 kB`,
        'ours resizes with antialiasing and computes in float32, rounded once; albumentations in bytes, without antialiasing',
      ],
    };
  },
});

async function timeWork(work: Work, rounds: number, { python, signal, say }: BenchContext) {
  const { title, parts, passes, recipe, files, decoded } = work;
  await using ours = await ViewsProcess.start({ recipe, files, decoded });
  await using theirs = python ? await ViewsProcess.start({ recipe, files, decoded }, python.command) : undefined;
  const processes = theirs ? [ours, theirs] : [ours];
  for (const each of processes) await each.ran('all', warmUpPasses);
  const rows = [];
  for (const part of parts) {
    const sides = processes.map((each) => each.side(part));
    const turns = await takeTurns(sides, { rounds, steps: passes, signal });
    const [own, other] = sides.map(({ name }) => turns.get(name) as number[]) as [number[], number[] | undefined];
    const ratio = other ? pairedRatio(own, other) : null;
    say(`${title}, ${part}: ${(1 / median(own)).toFixed(0)} images/s${ratio ? `, ratio ${ratio.toFixed(2)}` : ''}`);
    rows.push({
      work: title,
      part,
      'images/s': 1 / median(own),
      'µs an image': 1e6 * median(own),
      'its images/s': other ? 1 / median(other) : null,
      ratio,
    });
  }
  return rows;
}

/** Resident memory of our process while it makes views of JPEGs of many sizes. */
async function watchMemory(images: number, { folder, signal }: BenchContext) {
  const sizes = Array.from({ length: 20 }, (_, i) => ({ width: 320 + 20 * i, height: 240 + 20 * ((7 * i) % 20) }));
  const files = await writePictures(folder, { name: 'mixed', sizes, isJpeg: true });
  await using ours = await ViewsProcess.start({ recipe: recipeOf(largeSide), files, decoded: false });
  const tenths = 10;
  const passes = Math.ceil(images / files.length / tenths);
  const rows = [];
  for (let tenth = 1; tenth <= tenths; tenth++) {
    signal.throwIfAborted();
    const { rssBytes } = await ours.ran('all', passes);
    rows.push({ images: tenth * passes * files.length, 'resident, MB': median(rssBytes) / megabyte });
  }
  return tableOf({ images: 0, 'resident, MB': 1 }, rows, 'Memory, JPEGs of 320 × 240 to 700 × 620');
}
