/** Changes as a person writes them: `key=value`, one a line. Lines that begin with # are left out. */
export type Changes = { ok: true; changes: Record<string, string> } | { ok: false; line: number; text: string };

export function parseChanges(text: string): Changes {
  const changes: Record<string, string> = {};
  for (const [i, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const at = line.indexOf('=');
    const key = line.slice(0, Math.max(at, 0)).trim();
    if (key === '') return { ok: false, line: i + 1, text: line };
    changes[key] = line.slice(at + 1).trim();
  }
  return { ok: true, changes };
}

/** What is wrong with text that is no changes, in words. */
export const changesProblem = ({ line, text }: { line: number; text: string }) => ({
  text: `line ${line}: "${text}" is no change`,
  remedy: 'write key=value, one a line, as epochs=20',
  field: 'changes',
});
