import type { Command } from 'commander';

import { ingest, type IngestFlags } from '../commands/ingest.ts';
import { backbones, datasets, methods, recipes } from '../commands/listings.ts';
import { removeDataset, type RemoveDatasetFlags } from '../commands/remove-dataset.ts';
import { type Act, examples } from './act.ts';

/** Images, and what can be done with them. */
export function dataCommands(program: Command, act: Act): void {
  program.commandsGroup('Data:');
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
    .addHelpText(
      'after',
      examples(
        ['./unlabel ingest ~/photos --name photos', 'class folders or a flat folder'],
        ['./unlabel ingest cifar10 --name cifar10', 'from its official address, checked by hash'],
        ['./unlabel ingest train.X1 train.X2 --eval val --labels Labels.json --name in100', 'several folders'],
        ['./unlabel ingest photos.tar --name small --fraction 0.1 --size 32', 'a tenth, as 32 × 32'],
      ),
    )
    .action(act((context, sources: string[], flags: IngestFlags) => ingest(context, sources, flags)));
  const listed = program
    .command('datasets [name]')
    .description('list datasets, show one with its classes and the files that were set aside, or remove one')
    .addHelpText(
      'after',
      examples(
        ['./unlabel datasets', 'all'],
        ['./unlabel datasets photos', 'one'],
        ['./unlabel datasets remove photos', 'with its images; runs that ended on it stay'],
      ),
    )
    .action(act((context, name?: string) => datasets(context, name)));
  listed
    .command('remove <name>')
    .description('remove a dataset with its images; runs that ended on it stay, with their figures')
    .option('--force', 'also where runs that are not over use it: they are stopped')
    .addHelpText(
      'after',
      examples(
        ['./unlabel datasets remove photos', 'refused while a run needs it'],
        ['./unlabel datasets remove photos --force', 'stops these runs'],
      ),
    )
    .action(act((context, name: string, flags: RemoveDatasetFlags) => removeDataset(context, name, flags)));
  program.commandsGroup('What there is:');
  program
    .command('recipes')
    .description('list recipes')
    .addHelpText('after', examples(['./unlabel recipes', "the papers' settings and smaller ones"]))
    .action(act((context) => recipes(context)));
  program
    .command('methods')
    .description('list methods')
    .addHelpText('after', examples(['./unlabel methods --json', 'with the schema of their options']))
    .action(act((context) => methods(context)));
  program
    .command('backbones')
    .description('list backbones')
    .addHelpText('after', examples(['./unlabel backbones --json', 'with the schema of their options']))
    .action(act((context) => backbones(context)));
}
