import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';

import { takeToken, tokenWanted } from '../state/token.ts';

import './login.css';

/** Asks for the token that control asks for. */
export function Login() {
  const text = useSignal('');
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const isWrong = tokenWanted.value === 'wrong';
  return (
    <section class="login panel" aria-labelledby="login">
      <h1 id="login">A token is needed</h1>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (text.value.trim() !== '') takeToken(text.value.trim());
        }}
      >
        <label>
          Token
          <input
            ref={field}
            type="password"
            autocomplete="current-password"
            required
            value={text.value}
            onInput={({ currentTarget }) => (text.value = currentTarget.value)}
            aria-describedby={isWrong ? 'login-problem login-hint' : 'login-hint'}
            aria-invalid={isWrong}
          />
        </label>
        {isWrong && (
          <p class="problem" id="login-problem" role="alert">
            That is not the token.
          </p>
        )}
        <p class="muted" id="login-hint">
          It is what UNLABEL_TOKEN is where control runs. This tab keeps it until it is closed.
        </p>
        <button type="submit" class="main">
          Log in
        </button>
      </form>
    </section>
  );
}
