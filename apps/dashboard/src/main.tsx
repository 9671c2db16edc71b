import { render } from 'preact';

import 'uplot/dist/uPlot.min.css';
import './style.css';

import { datasets, keepLive, problem } from './data.ts';
import { RunPage } from './run-page.tsx';
import { RunsTable } from './runs-table.tsx';

function Page() {
  return (
    <main>
      <h1>Unlabel</h1>
      {problem.value && <p class="problem">{problem.value}</p>}
      <RunsTable />
      <RunPage />
      <section>
        <h2>Datasets</h2>
        <ul>
          {datasets.value.map(({ dataset, state, splits, classes, setAside, partsDone, parts }) => (
            <li key={dataset}>
              <strong>{dataset}</strong> {state}
              {state === 'ingesting' && ` (part ${partsDone} of ${parts})`}
              {splits &&
                `: train ${splits.train}, tune ${splits.tune}, eval ${splits.eval}; ${classes} classes; ${setAside} files set aside`}
            </li>
          ))}
        </ul>
      </section>
    </main>
  );
}

render(<Page />, document.body);
keepLive();
