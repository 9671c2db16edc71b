import type { CatalogueEntry } from '#lib/contracts';
import { bytes, count, percent } from '#lib/figures';

import { type Context, show } from '../context.ts';
import { coloured } from '../output/colour.ts';
import { formatTable } from '../output/table.ts';

/** All datasets, or one with its classes and the files that were set aside. */
export async function datasets(context: Context, name: string | undefined): Promise<void> {
  const client = await context.control();
  if (name !== undefined) return show(context, await client.dataset(name), datasetText);
  show(context, await client.datasets(), (all) =>
    all.length === 0
      ? 'no dataset yet; make one: ./unlabel ingest SOURCE --name NAME'
      : formatTable(
          ['name', 'state', 'train', 'tune', 'eval', 'classes', 'images', 'size', 'set aside', 'source'],
          all.map((d) => [
            d.dataset,
            d.state === 'ingesting' ? `part ${d.partsDone}/${d.parts}` : d.state,
            count(d.splits?.train ?? null),
            count(d.splits?.tune ?? null),
            count(d.splits?.eval ?? null),
            count(d.classes),
            d.images ?? '–',
            bytes(d.sizeBytes),
            count(d.setAside),
            d.source,
          ]),
        ),
  );
}

function datasetText({
  summary,
  index,
  setAside,
  disk,
}: Awaited<ReturnType<Awaited<ReturnType<Context['control']>>['dataset']>>): string {
  const lines = [
    `${summary.dataset}  ${summary.state}${summary.reason ? `: ${summary.reason}` : ''}`,
    ...(summary.remedy ? [`  ${summary.remedy}`] : []),
    `source ${summary.source}`,
    ...summary.notes.map((note) => `  ${note}`),
    `content ${summary.contentHash ?? '–'}`,
    `on disk ${bytes(disk.shardsBytes)} of images${disk.sharedBytes > 0 ? `, ${bytes(disk.sharedBytes)} of it shared with other datasets` : ''}, ${bytes(disk.recordsBytes)} of plans and indexes`,
  ];
  if (index)
    lines.push(
      '',
      formatTable(
        ['class', 'folder', 'train', 'tune', 'eval'],
        index.classes.map(({ folder, name }, i) => [
          name,
          folder,
          ...(['train', 'tune', 'eval'] as const).map((split) => count(index.classCounts[split][i] ?? 0)),
        ]),
      ),
    );
  if (setAside.length > 0) lines.push('', 'set aside', ...setAside.map(({ id, reason }) => `  ${id}: ${reason}`));
  return lines.join('\n');
}

const entries = (all: CatalogueEntry[]): string =>
  formatTable(
    ['name', 'title', ''],
    all.map(({ name, title, description }) => [name, title, description === title ? '' : description]),
  );

export async function methods(context: Context): Promise<void> {
  show(context, await (await context.control()).methods(), entries);
}
export async function backbones(context: Context): Promise<void> {
  show(context, await (await context.control()).backbones(), entries);
}
export async function recipes(context: Context): Promise<void> {
  show(context, await (await context.control()).recipes(), entries);
}

export async function runs(context: Context): Promise<void> {
  show(context, await (await context.control()).runs(), (all) =>
    all.length === 0
      ? 'no run yet; start one: ./unlabel run simsiam --dataset NAME'
      : formatTable(
          ['run', 'state', 'method', 'backbone', 'dataset', 'step', 'of', 'loss', 'k-NN', 'linear'],
          all.map((r) => [
            r.run,
            r.state,
            r.method,
            r.backbone,
            r.dataset,
            String(r.step),
            String(r.totalSteps ?? '–'),
            r.loss?.toFixed(4) ?? '–',
            percent(r.knn),
            percent(r.linear),
          ]),
        ),
  );
}

export async function doctor(context: Context): Promise<boolean> {
  const report = await (await context.control()).doctor();
  show(context, report, ({ checks }) =>
    checks
      .map(
        ({ check, ok, found, remedy }) =>
          `${ok ? coloured('green', 'ok  ', process.stdout) : coloured('red', 'FAIL', process.stdout)}  ${check}: ${found}${ok || !remedy ? '' : `\n      ${remedy}`}`,
      )
      .join('\n'),
  );
  return report.checks.every(({ ok }) => ok);
}
