import type { Pipeline } from '#lib/contracts';
import { bytes, count, percent } from '#lib/figures';

/** How full the cache of view blocks is. */
export function ViewCachePanel({ views }: { views: Pipeline['views'] }) {
  const { usedBytes, budgetBytes, blocks, evictedBytes } = views;
  const share = usedBytes / budgetBytes;
  return (
    <section class="panel cache" aria-labelledby="cache">
      <h2 id="cache">Cache of views</h2>
      <meter aria-labelledby="cache" min={0} max={budgetBytes} value={Math.min(usedBytes, budgetBytes)}>
        {percent(share, 1)}
      </meter>
      <p>
        {bytes(usedBytes)} of {bytes(budgetBytes)} ({percent(share, 1)}) in {count(blocks)}{' '}
        {blocks === 1 ? 'block' : 'blocks'}
        {evictedBytes > 0 && `; ${bytes(evictedBytes)} made room since control started`}.
      </p>
      <p class="muted">
        Runs on the same views share them. Over the budget, which UNLABEL_VIEWS_BYTES sets where control runs, the
        blocks that are needed last go first; a run that finds one gone has it made again.
      </p>
    </section>
  );
}
