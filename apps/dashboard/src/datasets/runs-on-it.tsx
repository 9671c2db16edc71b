import type { RunSummary } from '#lib/contracts';
import { percent } from '#lib/figures';

/** Runs on a dataset, with what they reached. */
export function RunsOnIt({ runs }: { runs: readonly RunSummary[] }) {
  return (
    <section class="panel" aria-labelledby="runs-on-it">
      <h2 id="runs-on-it">Runs on it</h2>
      {runs.length === 0 ? (
        <p class="muted">None yet.</p>
      ) : (
        <div class="scroll" tabIndex={0} role="region" aria-label="Runs on this dataset">
          <table>
            <thead>
              <tr>
                <th scope="col">Run</th>
                <th scope="col">State</th>
                <th scope="col">Method</th>
                <th scope="col" class="number">
                  k-NN
                </th>
                <th scope="col" class="number">
                  Linear
                </th>
              </tr>
            </thead>
            <tbody>
              {runs.map(({ run, about, state, method, knn, linear }) => (
                <tr key={run}>
                  <th scope="row">
                    <a href={`#/runs/${run}`}>{about.title ?? run}</a>
                  </th>
                  <td class={`state-${state}`}>{state}</td>
                  <td>{method}</td>
                  <td class="number">{percent(knn)}</td>
                  <td class="number">{percent(linear)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
