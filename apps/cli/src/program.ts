import { Command, CommanderError } from 'commander';

import { codeVersion } from '#lib/contracts';

import { exitCodes, printError } from './output/print-error.ts';
import { makeAct } from './registration/act.ts';
import { dataCommands } from './registration/data.ts';
import { resultCommands } from './registration/results.ts';
import { shellCommands } from './registration/shell.ts';
import { stackCommands } from './registration/stack.ts';
import { trainingCommands } from './registration/training.ts';

/**
 * The whole command line, not yet run. Wrong use throws a CommanderError; what a command meets, it throws.
 * @param ended is told the exit code of a command that came to its end
 */
export function makeProgram(ended: (code: number) => void = () => undefined): Command {
  const program = new Command('unlabel')
    .description('Self-supervised pretraining of vision models: images in, trained and probed weights out.')
    .version(codeVersion)
    .option('--json', 'print results as JSON')
    .option('--debug', 'print stack traces')
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'unlabel: ')) })
    .showSuggestionAfterError()
    .addHelpText('after', '\n./unlabel COMMAND --help shows the options of a command, and examples.');
  const act = makeAct(program, ended);
  stackCommands(program, act);
  dataCommands(program, act);
  trainingCommands(program, act);
  resultCommands(program, act);
  shellCommands(program, act);
  return program;
}

/** Runs the command that these words name. @returns the exit code */
export async function runProgram(words: readonly string[]): Promise<number> {
  let code: number = exitCodes.done;
  const program = makeProgram((end) => (code = end));
  try {
    await program.parseAsync(words, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
    return printError(error, program.opts<{ debug?: boolean }>().debug === true);
  }
}
