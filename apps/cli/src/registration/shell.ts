import type { Command } from 'commander';

import { complete, completion } from '../commands/completion.ts';
import { type Act, examples } from './act.ts';

/** What makes the shell help. */
export function shellCommands(program: Command, act: Act): void {
  program.commandsGroup('Shell:');
  program
    .command('completion <shell>')
    .description('print a script that completes commands, options and names; for bash or zsh')
    .addHelpText(
      'after',
      examples(
        ['eval "$(./unlabel completion bash)"', 'for this shell; or into ~/.bashrc, with the full path'],
        ['eval "$(./unlabel completion zsh)"', 'after compinit'],
      ),
    )
    .action(act((context, shell: string) => completion(context, shell)));
  program
    .command('complete', { hidden: true })
    .description('what may follow the words of a line; the completion scripts ask')
    .argument('[words...]')
    .allowUnknownOption()
    .action(
      act(async (context, words: string[]) => {
        await complete(context, program, words);
        process.exit(); // a control that does not answer is not waited for
      }),
    );
}
