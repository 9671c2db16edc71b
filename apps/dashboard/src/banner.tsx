import { useSignal } from '@preact/signals';

import { token } from './state/client.ts';
import { disconnected } from './state/live.ts';
import { problem } from './state/problem.ts';

/** What went wrong last, and whether what is shown is still live. */
export function Banner() {
  const away = disconnected.value;
  const what = problem.value;
  return (
    <div role="status">
      {away?.needsToken && <TokenForm />}
      {away && !away.needsToken && (
        <p class="banner">
          <span>
            <strong>Not live: {away.text}.</strong> What is shown may be old; it is tried again all the time.
          </span>
        </p>
      )}
      {what && !what.needsToken && (
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

/** Asks for the token of a control that wants one; the browser keeps it. */
function TokenForm() {
  const typed = useSignal('');
  return (
    <form
      class="banner"
      onSubmit={(event) => {
        event.preventDefault();
        token.value = typed.value.trim();
        location.reload();
      }}
    >
      <label>
        This control asks for its token (UNLABEL_TOKEN){' '}
        <input
          type="password"
          autocomplete="current-password"
          value={typed.value}
          onInput={({ currentTarget }) => (typed.value = currentTarget.value)}
        />
      </label>
      <button type="submit">Go on</button>
    </form>
  );
}
