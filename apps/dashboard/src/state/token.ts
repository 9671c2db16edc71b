import { signal } from '@preact/signals';

const name = 'unlabel.token';

/** What this tab keeps, as far as the browser lets it; gone when the tab is closed. */
function kept(): string | undefined {
  try {
    return sessionStorage.getItem(name) ?? undefined;
  } catch {
    return undefined;
  }
}

/** For a control that asks for one. It is sent as a header only: an address would be kept in histories and logs. */
export const token = signal<string | undefined>(kept());

/** Whether control asked for a token: `missing` where none was sent, `wrong` where it refused the one that was. */
export const tokenWanted = signal<'missing' | 'wrong' | undefined>(undefined);

/** Takes a token that a person gave. */
export function takeToken(text: string): void {
  token.value = text;
  tokenWanted.value = undefined;
  try {
    sessionStorage.setItem(name, text);
  } catch {
    // it then lasts as long as the page
  }
}

/** Forgets the token, and asks for one. */
export function refuseToken(): void {
  if (tokenWanted.value !== undefined) return; // several answers come at once
  tokenWanted.value = token.value === undefined ? 'missing' : 'wrong';
  token.value = undefined;
  try {
    sessionStorage.removeItem(name);
  } catch {
    // nothing was kept
  }
}
