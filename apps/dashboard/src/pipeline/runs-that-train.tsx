import type { Pipeline } from '#lib/contracts';
import { count, percent } from '#lib/figures';

/** Runs that train now: how fast, how much of their time they wait, and with which others they share views. */
export function RunsThatTrain({ runs }: { runs: Pipeline['runs'] }) {
  const sharing = (viewsHash: string, run: string) =>
    runs.filter((other) => other.viewsHash === viewsHash && other.run !== run).map((other) => other.run);
  return (
    <section class="panel" aria-labelledby="training">
      <h2 id="training">Runs that train</h2>
      {runs.length === 0 ? (
        <p class="muted">None.</p>
      ) : (
        <div class="scroll" tabIndex={0} role="region" aria-label="Table of runs that train">
          <table>
            <thead>
              <tr>
                <th scope="col">Run</th>
                <th scope="col" class="number">
                  Images/s
                </th>
                <th scope="col" class="number">
                  Waits for views
                </th>
                <th scope="col">Shares views with</th>
              </tr>
            </thead>
            <tbody>
              {runs.map(({ run, imagesPerSecond, waitShare, viewsHash }) => (
                <tr key={run}>
                  <th scope="row">
                    <a href={`#/runs/${run}`}>{run}</a>
                  </th>
                  <td class="number">{count(imagesPerSecond)}</td>
                  <td class="number">{percent(waitShare, 1)}</td>
                  <td>{sharing(viewsHash, run).join(', ') || '–'}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
