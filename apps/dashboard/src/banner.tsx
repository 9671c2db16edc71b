import { disconnected } from './state/live.ts';
import { problem } from './state/problem.ts';
import { tokenWanted } from './state/token.ts';

/** What went wrong last, and whether what is shown is still live. */
export function Banner() {
  if (tokenWanted.value !== undefined) return null; // the page asks for it instead
  const away = disconnected.value;
  const what = problem.value;
  return (
    <div role="status">
      {away && (
        <p class="banner">
          <span>
            <strong>Not live: {away.text}.</strong> What is shown may be old; it is tried again all the time.
          </span>
        </p>
      )}
      {what && (
        <p class="banner">
          <span>
            <strong>{what.text}</strong>
            {what.remedy && <> · {what.remedy}</>}
          </span>
          <button type="button" onClick={() => (problem.value = undefined)}>
            Dismiss
          </button>
        </p>
      )}
    </div>
  );
}
