import type { DatasetSummary } from '#lib/contracts';

/** Where a dataset's newest ingest stands, with what to do where it failed. */
export function DatasetState({ dataset }: { dataset: DatasetSummary }) {
  const { state, partsDone, parts, reason, remedy } = dataset;
  if (state === 'ready') return <span class="state-finished">ready</span>;
  if (state === 'planning') return <span class="state-running">fetching and listing the source</span>;
  if (state === 'ingesting')
    return (
      <span class="state-running">
        <progress value={partsDone} max={parts ?? 1} aria-label={`ingest of ${dataset.dataset}`} /> part {partsDone} of{' '}
        {parts}
      </span>
    );
  return (
    <span class="problem">
      failed: {reason}
      {remedy && ` · ${remedy}`}
    </span>
  );
}
