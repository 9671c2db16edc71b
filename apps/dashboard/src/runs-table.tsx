import { choose, chosen, runs } from './data.ts';

const percent = (share: number | null) => (share === null ? '–' : `${(100 * share).toFixed(1)} %`);

/** Every run, newest first; a click shows it. */
export function RunsTable() {
  if (runs.value.length === 0)
    return (
      <p>
        No run yet. Start one: <code>./unlabel run simsiam --dataset NAME</code>
      </p>
    );
  return (
    <div class="scroll">
      <table>
        <thead>
          <tr>
            {['run', 'state', 'method', 'backbone', 'dataset', 'progress', 'loss', 'img/s', 'k-NN', 'linear'].map(
              (head) => (
                <th key={head}>{head}</th>
              ),
            )}
          </tr>
        </thead>
        <tbody>
          {runs.value.map((run) => (
            <tr key={run.run} class={run.run === chosen.value ? 'chosen' : ''}>
              <td>
                <button type="button" onClick={() => void choose(run.run)}>
                  {run.run}
                </button>
              </td>
              <td class={`state ${run.state}`}>{run.state}</td>
              <td>{run.method}</td>
              <td>{run.backbone}</td>
              <td>{run.dataset}</td>
              <td>
                <progress value={run.step} max={run.totalSteps ?? 1} aria-label={`progress of ${run.run}`} /> {run.step}
                /{run.totalSteps ?? '–'}
              </td>
              <td class="number">{run.loss?.toFixed(4) ?? '–'}</td>
              <td class="number">{run.imagesPerSecond?.toFixed(0) ?? '–'}</td>
              <td class="number">{percent(run.knn)}</td>
              <td class="number">{percent(run.linear)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
