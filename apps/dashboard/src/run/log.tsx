import type { RunLog } from '#lib/contracts';

import type { Problem } from '../state/problem.ts';

/** What happened to a run, newest first. */
export function LogPanel({ log, problem }: { log: RunLog | undefined; problem: Problem | undefined }) {
  return (
    <section class="panel" aria-labelledby="log">
      <h2 id="log">Log</h2>
      {problem && <p class="problem">{problem.text}</p>}
      {!log && !problem && <p class="waiting">Fetching …</p>}
      {log?.entries.length === 0 && <p class="muted">Nothing has happened yet.</p>}
      {log && log.entries.length > 0 && (
        <div class="scroll log" tabIndex={0} role="region" aria-label="Entries of the log">
          <ol>
            {log.entries.toReversed().map(({ at, level, text }, i) => (
              <li key={log.entries.length - i} class={level}>
                <time dateTime={at}>{new Date(at).toLocaleString()}</time>
                <span>
                  {level !== 'info' && <strong>{level === 'warn' ? 'Warning: ' : 'Error: '}</strong>}
                  {text}
                </span>
              </li>
            ))}
          </ol>
        </div>
      )}
    </section>
  );
}
