import type { Command } from 'commander';

import { type Context, makeContext } from '../context.ts';
import { exitCodes } from '../output/print-error.ts';

/** Makes a command's action of a function: gives it its context, and takes its number as the exit code. */
export type Act = <Args extends unknown[]>(
  action: (context: Context, ...args: Args) => Promise<number | boolean | void>,
) => (...args: Args) => Promise<void>;

/** @param ended is told the exit code */
export const makeAct =
  (program: Command, ended: (code: number) => void): Act =>
  (action) =>
  async (...args) => {
    const result = await action(makeContext({ json: program.opts<{ json?: boolean }>().json === true }), ...args);
    ended(typeof result === 'number' ? result : result === false ? exitCodes.failed : exitCodes.done);
  };

/** Lines below a command's help: what one would type, and what that does. */
export function examples(...lines: [command: string, does: string][]): string {
  const width = Math.max(...lines.map(([command]) => command.length));
  return `\nExamples:\n${lines.map(([command, does]) => `  ${command.padEnd(width)}  # ${does}`).join('\n')}`;
}
