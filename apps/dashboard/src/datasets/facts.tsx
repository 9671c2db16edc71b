import { type ComponentChildren, Fragment } from 'preact';

import type { DatasetDetail } from '#lib/contracts';
import { bytes, count } from '#lib/figures';

import { dateTime } from '../format.ts';
import { DatasetState } from './dataset-state.tsx';

/** What a dataset is, where it is from, what it takes. */
export function Facts({ detail: { summary, head, disk } }: { detail: DatasetDetail }) {
  const { splits: counts } = summary;
  const facts: [string, ComponentChildren][] = [
    ['State', <DatasetState dataset={summary} />],
    ['Source', summary.source],
    ['Ingested', head ? dateTime(head.ingestedAt) : '–'],
    [
      'Images',
      counts
        ? `${count(counts.train)} train, ${count(counts.tune)} tune, ${count(counts.eval)} eval, ${summary.images ?? ''}`
        : '–',
    ],
    ['Classes', count(summary.classes)],
    [
      'On disk',
      `${bytes(disk.shardsBytes)} of images${disk.sharedBytes > 0 ? ` (${bytes(disk.sharedBytes)} shared with other datasets)` : ''}, ${bytes(disk.recordsBytes)} of plans and indexes`,
    ],
    ['Content', summary.contentHash ? <code>{summary.contentHash}</code> : '–'],
  ];
  return (
    <section class="panel" aria-label="What it is">
      <dl class="facts">
        {facts.map(([name, value]) => (
          <Fragment key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </Fragment>
        ))}
      </dl>
      {summary.notes.length > 0 && (
        <>
          <h2>What ingest decided</h2>
          <ul>
            {summary.notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}
