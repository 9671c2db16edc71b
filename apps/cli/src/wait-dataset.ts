import { setTimeout as sleep } from 'node:timers/promises';

import type { ControlClient } from '#lib/client';
import { type DatasetSummary, UnlabelError } from '#lib/contracts';
import { count } from '#lib/figures';

import { bar, leftText, Progress } from './output/progress.ts';
import { Rate, TimeLeft } from './output/rate.ts';

/** Shows an ingest's progress until its request is ready. @throws UnlabelError with the reason of one that failed */
export async function waitForDataset(
  client: ControlClient,
  dataset: string,
  request: string,
  signal: AbortSignal,
  stream: NodeJS.WriteStream = process.stdout,
): Promise<DatasetSummary | undefined> {
  const progress = new Progress(stream);
  const [rate, left] = [new Rate(), new TimeLeft()];
  for (;;) {
    const { summary } = await client.dataset(dataset);
    if (summary.request !== request)
      throw new UnlabelError(`dataset ${dataset}: a newer ingest took over`, {
        remedy: 'watch it: ./unlabel datasets',
      });
    if (summary.state === 'ready') {
      progress.end(readyLine(summary));
      for (const note of summary.notes) progress.end(`  ${note}`);
      return summary;
    }
    if (summary.state === 'failed') {
      progress.end(`${dataset}  failed`);
      throw new UnlabelError(`ingest of ${dataset} failed: ${summary.reason}`, {
        remedy: summary.remedy ?? 'mend the source and ingest again; what is done already is kept',
      });
    }
    const share = summary.parts ? summary.partsDone / summary.parts : 0;
    progress.update(`${dataset}  ${bar(share)} ${whereText(summary, rate)}${leftText(left.update(share))}`);
    await sleep(400, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return undefined;
  }
}

function whereText({ parts, partsDone }: DatasetSummary, rate: Rate): string {
  if (parts === null) return 'fetching and listing the source';
  const perSecond = rate.update(partsDone);
  return `part ${partsDone} of ${parts}${perSecond === undefined ? '' : `, ${(60 * perSecond).toFixed(1)} a minute`}`;
}

export function readyLine({ dataset, splits, classes, images, setAside }: DatasetSummary): string {
  const sizes = splits ? `train ${count(splits.train)}, tune ${count(splits.tune)}, eval ${count(splits.eval)}` : '';
  const aside = setAside ? `, ${setAside} set aside (./unlabel datasets ${dataset})` : '';
  return `${dataset}  ready: ${sizes}; ${classes} classes; images ${images}${aside}`;
}
