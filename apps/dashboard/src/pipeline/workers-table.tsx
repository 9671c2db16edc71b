import type { Pipeline } from '#lib/contracts';
import { bytes, count } from '#lib/figures';

import { ago } from '../format.ts';

/** Everyone who is here. */
export function WorkersTable({ stages }: { stages: Pipeline['stages'] }) {
  const workers = stages.flatMap((stage) => stage.workers);
  return (
    <section class="panel" aria-labelledby="workers">
      <h2 id="workers">Workers</h2>
      {workers.length === 0 ? (
        <p class="problem">
          None has been heard of in the last 15 seconds. <code>./unlabel up</code> starts a local stack; on several
          machines each service is started by itself.
        </p>
      ) : (
        <div class="scroll" tabIndex={0} role="region" aria-label="Table of workers">
          <table>
            <thead>
              <tr>
                {['Stage', 'Machine', 'Process', 'State'].map((head) => (
                  <th key={head} scope="col">
                    {head}
                  </th>
                ))}
                <th scope="col" class="number">
                  Jobs
                </th>
                <th scope="col">Methods</th>
                <th scope="col">Memory</th>
                <th scope="col">Started</th>
              </tr>
            </thead>
            <tbody>
              {workers.map(({ stage, worker, host, pid, state, jobs, concurrency, methods, memory, startedAt }) => (
                <tr key={`${stage} ${worker}`}>
                  <th scope="row">{stage}</th>
                  <td>{host}</td>
                  <td class="number">{pid}</td>
                  <td class={state === 'busy' ? 'state-running' : 'muted'}>{state}</td>
                  <td class="number">
                    {count(jobs)} of {count(concurrency)}
                  </td>
                  <td>{methods.length > 0 ? methods.join(', ') : '–'}</td>
                  <td>{memory ? `${bytes(memory.bytes)} (${memory.device === 'gpu' ? 'GPU' : 'CPU'})` : '–'}</td>
                  <td>{ago(startedAt, Date.now())}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
