import { useMemo } from 'preact/hooks';

import { type RunDetail, settingsThatDiffer, settingText } from '#lib/contracts';

/** Settings in which runs differ, and no other. */
export function SpecDifferences({ runs }: { runs: readonly RunDetail[] }) {
  const rows = useMemo(() => settingsThatDiffer(runs.map(({ spec }) => spec)), [runs]);
  return (
    <section class="panel" aria-labelledby="differences">
      <h2 id="differences">What differs between their specs</h2>
      {runs.length < 2 && <p class="muted">Choose a second run to see it.</p>}
      {runs.length >= 2 && rows.length === 0 && <p>Nothing: their specs are the same.</p>}
      {rows.length > 0 && (
        <div class="scroll tall" tabIndex={0} role="region" aria-label="Settings that differ">
          <table>
            <thead>
              <tr>
                <th scope="col">Setting</th>
                {runs.map(({ summary }) => (
                  <th key={summary.run} scope="col">
                    {summary.about.title ?? summary.run}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map(({ key, values }) => (
                <tr key={key}>
                  <th scope="row">
                    <code>{key}</code>
                  </th>
                  {values.map((value, i) => (
                    <td key={runs[i]?.summary.run}>
                      <code>{settingText(value)}</code>
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
