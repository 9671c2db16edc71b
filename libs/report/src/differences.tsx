import { Table } from './table.tsx';
import type { ReportRun } from './report-data.ts';
import { specDifferences } from './spec-rows.ts';

/** In what the specs of the runs are not alike. */
export function Differences({ runs }: { runs: ReportRun[] }) {
  if (runs.length < 2) return null;
  const differences = specDifferences(runs.map(({ detail }) => detail.spec));
  return (
    <section>
      <h2 id="differences">Differences between the specs</h2>
      {differences.length === 0 ? (
        <p>The specs of these runs are equal in every setting.</p>
      ) : (
        <Table
          caption="Settings that are not the same in all runs; a dash: the run has no such setting"
          head={['setting', ...runs.map(({ detail }) => detail.summary.run)]}
          rows={differences.map(({ key, values }) => ({ cells: [key, ...values] }))}
        />
      )}
    </section>
  );
}
