import type { Command } from 'commander';

import { about, type AboutFlags } from '../commands/about.ts';
import { experiment, type ExperimentFlags, experiments } from '../commands/experiment.ts';
import { runs } from '../commands/listings.ts';
import {
  follow,
  type FollowFlags,
  fork,
  type ForkFlags,
  remove,
  resume,
  run,
  type RunFlags,
  showRun,
  stop,
} from '../commands/run.ts';
import { type Act, examples } from './act.ts';

const followText = 'show its progress; Ctrl-C leaves it running';
const tensorboardText = 'with --follow: write its metrics as TensorBoard event files below this folder, as they come';

/** Runs, from their start to their removal. */
export function trainingCommands(program: Command, act: Act): void {
  program.commandsGroup('Training:');
  startCommands(program, act);
  watchCommands(program, act);
  changeCommands(program, act);
}

function startCommands(program: Command, act: Act): void {
  program
    .command('run <recipe> [changes...]')
    .description('start a run; changes are key=value, for example epochs=10 maskRatio=0.6')
    .option('--dataset <name>', 'a dataset')
    .option('--data <source>', 'ingest this source first')
    .option('--follow', followText)
    .option('--check', 'print the spec, steps, parameters and memory, and start nothing')
    .option('--weights <file>', 'a safetensors file of pretrained weights that the backbone starts from')
    .option('--id <id>', 'its id')
    .option('--tensorboard <folder>', tensorboardText)
    .addHelpText(
      'after',
      examples(
        ['./unlabel run simsiam --dataset photos --check', 'what it would do; starts nothing'],
        ['./unlabel run simsiam --dataset photos epochs=20 --follow', 'Ctrl-C leaves it running'],
        ['./unlabel run mae --data ~/photos maskRatio=0.6', 'ingest first, then run'],
        [
          './unlabel run mae --dataset photos --follow --tensorboard logs',
          'and look at it with tensorboard --logdir logs',
        ],
      ),
    )
    .action(act((context, recipe: string, changes: string[], flags: RunFlags) => run(context, recipe, changes, flags)));
  program
    .command('experiment <file> [changes...]')
    .description(
      'run all that an experiment file compares on one dataset; changes are key=value for every run that has the key',
    )
    .option('--dataset <name>', "a dataset, instead of the file's")
    .option('--data <source>', 'ingest this source first')
    .option('--no-follow', 'start it and return at once')
    .addHelpText(
      'after',
      examples(
        ['./unlabel experiment recipes/brief.yaml', 'four methods, one table; the same command again joins it'],
        ['./unlabel experiment recipes/brief.yaml epochs=1 --dataset photos', 'in small, on other images'],
      ),
    )
    .action(
      act((context, file: string, changes: string[], flags: ExperimentFlags) =>
        experiment(context, file, changes, flags),
      ),
    );
}

function watchCommands(program: Command, act: Act): void {
  program
    .command('runs')
    .description('list runs')
    .addHelpText('after', examples(['./unlabel runs', 'newest first'], ['./unlabel runs --json', 'for programs']))
    .action(act((context) => runs(context)));
  program
    .command('experiments [name]')
    .description('list experiments, or show the table of one')
    .addHelpText(
      'after',
      examples(['./unlabel experiments', 'all'], ['./unlabel experiments brief-1a2b3c4d', 'one with its table']),
    )
    .action(act((context, name?: string) => experiments(context, name)));
  program
    .command('show <run>')
    .description('show a run: spec, state, figures')
    .option('--summary', 'its model as a table: layers, output shapes, parameters')
    .addHelpText(
      'after',
      examples(['./unlabel show mae-1', 'what it is and reached'], ['./unlabel show mae-1 --summary', 'its model']),
    )
    .action(act((context, name: string, flags: { summary?: boolean }) => showRun(context, name, flags)));
  program
    .command('follow <run>')
    .description('show the progress of a run')
    .option('--tensorboard <folder>', 'write its metrics as TensorBoard event files below this folder, as they come')
    .addHelpText('after', examples(['./unlabel follow mae-1', 'until it ends; Ctrl-C leaves it running']))
    .action(act((context, name: string, flags: FollowFlags) => follow(context, name, flags)));
}

function changeCommands(program: Command, act: Act): void {
  program
    .command('stop <run>')
    .description('stop a run at its next step, with a checkpoint')
    .addHelpText('after', examples(['./unlabel stop mae-1', './unlabel resume mae-1 goes on']))
    .action(act((context, name: string) => stop(context, name)));
  program
    .command('resume <run>')
    .description('let a run go on from its last checkpoint')
    .addHelpText('after', examples(['./unlabel resume mae-1', 'one that was stopped, or blocked']))
    .action(act((context, name: string) => resume(context, name)));
  program
    .command('fork <run> [changes...]')
    .description('go on from a checkpoint of a run, longer or otherwise, as another run; changes as for run')
    .option('--checkpoint <which>', 'last, best (measured on tune), or a step', 'last')
    .option('--id <id>', 'its id')
    .option('--follow', followText)
    .addHelpText(
      'after',
      examples(
        ['./unlabel fork mae-1 epochs=40', 'longer, from where it ended'],
        ['./unlabel fork mae-1 --checkpoint best learningRate.base=1e-4 --follow', 'from the best, slower'],
      ),
    )
    .action(act((context, name: string, changes: string[], flags: ForkFlags) => fork(context, name, changes, flags)));
  program
    .command('about <run>')
    .description('show or change the title, tags and notes of a run')
    .option('--title <text>', 'shown instead of its id; an empty one takes it away')
    .option('--tag <tags>', 'add tags; several with commas')
    .option('--untag <tags>', 'take tags away')
    .option('--notes <text>', 'notes, instead of those that are there')
    .addHelpText(
      'after',
      examples(
        ['./unlabel about mae-1', 'what is said of it'],
        ['./unlabel about mae-1 --title "MAE, half masked" --tag paper', 'as the dashboard and a report show it'],
      ),
    )
    .action(act((context, name: string, flags: AboutFlags) => about(context, name, flags)));
  program
    .command('remove <run>')
    .description('remove a run with its checkpoints, metrics and figures; one that trains is ended')
    .addHelpText('after', examples(['./unlabel remove mae-1', 'for good']))
    .action(act((context, name: string) => remove(context, name)));
}
