import { Command, CommanderError } from 'commander';

import { codeVersion, probeKindSchema } from '#lib/contracts';

import { about, type AboutFlags } from './commands/about.ts';
import { deadLetters, type DeadLetterFlags } from './commands/dead-letters.ts';
import { demo, type DemoFlags } from './commands/demo.ts';
import { experiment, type ExperimentFlags, experiments } from './commands/experiment.ts';
import { ingest, type IngestFlags } from './commands/ingest.ts';
import { backbones, datasets, doctor, methods, recipes, runs } from './commands/listings.ts';
import {
  compare,
  type CompareFlags,
  follow,
  fork,
  type ForkFlags,
  remove,
  resume,
  run,
  type RunFlags,
  showRun,
  stop,
} from './commands/run.ts';
import { probe, type ProbeFlags } from './commands/probe.ts';
import { down, up } from './commands/up.ts';
import { type Context, makeContext } from './context.ts';
import { exitCodes, printError } from './output/print-error.ts';

const program = new Command('unlabel')
  .description('Self-supervised pretraining of vision models: images in, trained and probed weights out.')
  .version(codeVersion)
  .option('--json', 'print results as JSON')
  .option('--debug', 'print stack traces')
  .exitOverride()
  .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'unlabel: ')) })
  .showSuggestionAfterError();

const debug = () => program.opts<{ debug?: boolean }>().debug === true;

/** Runs a command with its context; its number is the exit code. */
const act =
  <Args extends unknown[]>(action: (context: Context, ...args: Args) => Promise<number | boolean | void>) =>
  async (...args: Args): Promise<void> => {
    const result = await action(makeContext({ json: program.opts<{ json?: boolean }>().json === true }), ...args);
    process.exitCode = typeof result === 'number' ? result : result === false ? exitCodes.failed : exitCodes.done;
  };

program
  .command('up')
  .description('start the local stack and keep it until Ctrl-C')
  .action(act((context) => up(context)));
program
  .command('down')
  .description('end the local stack')
  .action(act((context) => down(context)));
program
  .command('ingest <source...>')
  .description('turn a folder of class folders, a flat folder, a tar, or a name of the catalogue into a dataset')
  .requiredOption('--name <name>', 'name of the dataset')
  .option('--eval <source>', 'a second source whose images are the eval split')
  .option('--holdout <part>', 'part of each class held out as eval (default 0.1)')
  .option('--tune <part>', 'part of each class of train cut off as tune (default 0.05)')
  .option('--labels <file>', 'Labels.json: class name of each folder')
  .option('--classes <n>', 'keep the first n classes')
  .option('--fraction <part>', 'keep this part of each class')
  .option('--size <px>', 'store every image as a square of this side')
  .action(act((context, sources: string[], flags: IngestFlags) => ingest(context, sources, flags)));
program
  .command('datasets [name]')
  .description('list datasets, or show one')
  .action(act((context, name?: string) => datasets(context, name)));
program
  .command('methods')
  .description('list methods')
  .action(act((context) => methods(context)));
program
  .command('backbones')
  .description('list backbones')
  .action(act((context) => backbones(context)));
program
  .command('recipes')
  .description('list recipes')
  .action(act((context) => recipes(context)));
program
  .command('run <recipe> [changes...]')
  .description('start a run; changes are key=value, for example epochs=10 maskRatio=0.6')
  .option('--dataset <name>', 'a dataset')
  .option('--data <source>', 'ingest this source first')
  .option('--follow', 'show its progress; Ctrl-C leaves it running')
  .option('--check', 'print the spec, steps, parameters and memory, and start nothing')
  .option('--weights <file>', 'a safetensors file of pretrained weights that the backbone starts from')
  .option('--id <id>', 'its id')
  .action(act((context, recipe: string, changes: string[], flags: RunFlags) => run(context, recipe, changes, flags)));
program
  .command('experiment <file> [changes...]')
  .description(
    'run all that an experiment file compares on one dataset; changes are key=value for every run that has the key',
  )
  .option('--dataset <name>', "a dataset, instead of the file's")
  .option('--data <source>', 'ingest this source first')
  .option('--no-follow', 'start it and return at once')
  .action(
    act((context, file: string, changes: string[], flags: ExperimentFlags) =>
      experiment(context, file, changes, flags),
    ),
  );
program
  .command('experiments [name]')
  .description('list experiments, or show the table of one')
  .action(act((context, name?: string) => experiments(context, name)));
program
  .command('runs')
  .description('list runs')
  .action(act((context) => runs(context)));
program
  .command('show <run>')
  .description('show a run: spec, state, figures')
  .option('--summary', 'its model as a table: layers, output shapes, parameters')
  .action(act((context, name: string, flags: { summary?: boolean }) => showRun(context, name, flags)));
program
  .command('follow <run>')
  .description('show the progress of a run')
  .action(act((context, name: string) => follow(context, name)));
program
  .command('stop <run>')
  .description('stop a run at its next step, with a checkpoint')
  .action(act((context, name: string) => stop(context, name)));
program
  .command('resume <run>')
  .description('let a run go on from its last checkpoint')
  .action(act((context, name: string) => resume(context, name)));
program
  .command('fork <run> [changes...]')
  .description('go on from a checkpoint of a run, longer or otherwise, as another run; changes as for run')
  .option('--checkpoint <which>', 'last, best (measured on tune), or a step', 'last')
  .option('--id <id>', 'its id')
  .option('--follow', 'show its progress; Ctrl-C leaves it running')
  .action(act((context, name: string, changes: string[], flags: ForkFlags) => fork(context, name, changes, flags)));
program
  .command('about <run>')
  .description('show or change the title, tags and notes of a run')
  .option('--title <text>', 'shown instead of its id; an empty one takes it away')
  .option('--tag <tags>', 'add tags; several with commas')
  .option('--untag <tags>', 'take tags away')
  .option('--notes <text>', 'notes, instead of those that are there')
  .action(act((context, name: string, flags: AboutFlags) => about(context, name, flags)));
program
  .command('remove <run>')
  .description('remove a run with its checkpoints, metrics and figures; one that trains is ended')
  .action(act((context, name: string) => remove(context, name)));
program
  .command('probe <run>')
  .description('measure a checkpoint of a run: any kind, at any time')
  .option('--kind <kinds>', `${probeKindSchema.options.join(', ')}; several with commas (default knn,linear)`)
  .option('--checkpoint <which>', 'last, best (measured on tune), or a step; 0 is the untrained encoder', 'last')
  .option('--split <split>', 'eval or tune', 'eval')
  .option('--again', 'measure what is there already once more')
  .action(act((context, name: string, flags: ProbeFlags) => probe(context, name, flags)));
program
  .command('compare [runs...]')
  .description('one table of runs on one dataset, with baselines')
  .option('--dataset <name>', 'all runs on this dataset')
  .option('--markdown', 'as a Markdown table')
  .option('--csv', 'as comma-separated values, figures as parts of 1')
  .action(act((context, names: string[], flags: CompareFlags) => compare(context, names, flags)));
program
  .command('dead-letters [action] [subjects...]')
  .description('list jobs that were given up; retry or drop those that are named')
  .option('--all', 'all of them')
  .action(
    act((context, action: string | undefined, subjects: string[], flags: DeadLetterFlags) =>
      deadLetters(context, action, subjects, flags),
    ),
  );
program
  .command('doctor')
  .description('check servers, storage and settings')
  .action(act((context) => doctor(context)));
program
  .command('demo')
  .description('the experiment in small: ingest real images, pretrain MAE and SimSiam, probe, print one table')
  .option('--data <path>', 'a tar or folder to use instead of CIFAR-10')
  .option('--exit', 'end when the table is printed')
  .action(act((context, flags: DemoFlags) => demo(context, flags)));

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  else process.exitCode = printError(error, debug());
}
