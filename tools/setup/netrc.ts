import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The login that a netrc text has for a host: its own `machine` entry, else `default`.
 *
 * @returns "login:password", or undefined
 */
export function netrcLogin(text: string, host: string): string | undefined {
  const words = text.split(/\s+/);
  const found = new Map<string, { login?: string; password?: string }>();
  let machine: string | undefined;
  for (let i = 0; i < words.length; i++) {
    const word = words[i];
    if (word === 'machine') machine = words[++i];
    else if (word === 'default') machine = '';
    else if ((word === 'login' || word === 'password') && machine !== undefined)
      found.set(machine, { ...found.get(machine), [word]: words[++i] });
  }
  const entry = found.get(host) ?? found.get('');
  return entry?.login ? `${entry.login}:${entry.password ?? ''}` : undefined;
}

/** Looks a host up in the file that `NETRC` names, else in `~/.netrc`. */
export function readNetrcLogin(host: string, env: NodeJS.ProcessEnv): string | undefined {
  try {
    return netrcLogin(readFileSync(env['NETRC'] || join(env['HOME'] ?? '', '.netrc'), 'utf8'), host);
  } catch {
    return undefined; // no such file: no login
  }
}
