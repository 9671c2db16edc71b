import type { Command } from 'commander';

import { demo, type DemoFlags } from '../commands/demo.ts';
import { doctor } from '../commands/listings.ts';
import { deadLetters, type DeadLetterFlags } from '../commands/dead-letters.ts';
import { down, up } from '../commands/up.ts';
import { type Act, examples } from './act.ts';

/** The local stack and its health. */
export function stackCommands(program: Command, act: Act): void {
  program.commandsGroup('Local stack:');
  program
    .command('up')
    .description('start the local stack and keep it until Ctrl-C')
    .addHelpText(
      'after',
      examples(
        ['./unlabel up', 'dashboard and API at 127.0.0.1:4280'],
        ['UNLABEL_HOME=/data/unlabel ./unlabel up', 'its files in another folder'],
      ),
    )
    .action(act((context) => up(context)));
  program
    .command('down')
    .description('end the local stack; runs go on from their last checkpoint when it is started again')
    .addHelpText('after', examples(['./unlabel down', 'from any terminal']))
    .action(act((context) => down(context)));
  program
    .command('demo')
    .description('the experiment in small: ingest real images, pretrain MAE and SimSiam, probe, print one table')
    .option('--data <path>', 'a tar or folder to use instead of CIFAR-10')
    .option('--exit', 'end when the table is printed')
    .addHelpText(
      'after',
      examples(['npm start', 'the same'], ['./unlabel demo --data ~/photos --exit', 'your own images; ends by itself']),
    )
    .action(act((context, flags: DemoFlags) => demo(context, flags)));
  program
    .command('doctor')
    .description('check servers, storage and settings')
    .addHelpText(
      'after',
      examples(['./unlabel doctor', 'ends with 1 if a check fails'], ['./unlabel doctor --json', 'for programs']),
    )
    .action(act((context) => doctor(context)));
  program
    .command('dead-letters [action] [subjects...]')
    .description('list jobs that were given up; retry or drop those that are named')
    .option('--all', 'all of them')
    .addHelpText(
      'after',
      examples(
        ['./unlabel dead-letters', 'what was given up, and why'],
        ['./unlabel dead-letters retry --all', 'after the cause is mended'],
        ['./unlabel dead-letters drop unlabel.probe.run.mae-1.100.knn', 'for good'],
      ),
    )
    .action(
      act((context, action: string | undefined, subjects: string[], flags: DeadLetterFlags) =>
        deadLetters(context, action, subjects, flags),
      ),
    );
}
