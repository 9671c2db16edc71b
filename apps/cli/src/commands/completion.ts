import type { Command } from 'commander';

import { unknownName } from '#lib/contracts';

import { candidates } from '../completion/candidates.ts';
import { presentNames } from '../completion/names.ts';
import { completionScripts } from '../completion/scripts.ts';
import type { Context } from '../context.ts';

const shells = ['bash', 'zsh'] as const;

/** Prints the script of a shell. @throws UsageError for a shell that there is none for */
export async function completion(context: Context, shell: string): Promise<void> {
  const known = shells.find((name) => name === shell);
  if (!known) throw unknownName('shell', shell, shells, 'shell');
  context.print(completionScripts[known].trimEnd());
}

/** Prints what may stand in the place of the last word, a line each, with what it is after a tab. Never fails. */
export async function complete(context: Context, program: Command, words: string[]): Promise<void> {
  const found = await candidates(program, words, presentNames).catch(() => []);
  if (found.length > 0)
    context.print(found.map(({ value, text }) => (text === '' ? value : `${value}\t${text}`)).join('\n'));
}
