import type { Command } from 'commander';

import { probeKindSchema } from '#lib/contracts';

import { metrics, type MetricsFlags } from '../commands/metrics.ts';
import { probe, type ProbeFlags } from '../commands/probe.ts';
import { report, type ReportFlags } from '../commands/report.ts';
import { compare, type CompareFlags } from '../commands/run.ts';
import { type Act, examples } from './act.ts';

/** What runs are worth. */
export function resultCommands(program: Command, act: Act): void {
  program.commandsGroup('Results:');
  program
    .command('probe <run>')
    .description('measure a checkpoint of a run: any kind, at any time')
    .option('--kind <kinds>', `${probeKindSchema.options.join(', ')}; several with commas (default knn,linear)`)
    .option('--checkpoint <which>', 'last, best (measured on tune), or a step; 0 is the untrained encoder', 'last')
    .option('--split <split>', 'eval or tune', 'eval')
    .option('--again', 'measure what is there already once more')
    .addHelpText(
      'after',
      examples(
        ['./unlabel probe mae-1', 'k-NN and linear, of the last checkpoint'],
        ['./unlabel probe mae-1 --kind fine-tune,few-labels-10 --checkpoint best', 'others'],
      ),
    )
    .action(act((context, name: string, flags: ProbeFlags) => probe(context, name, flags)));
  program
    .command('compare [runs...]')
    .description('one table of runs on one dataset, with baselines')
    .option('--dataset <name>', 'all runs on this dataset')
    .option('--markdown', 'as a Markdown table')
    .option('--csv', 'as comma-separated values, figures as parts of 1')
    .addHelpText(
      'after',
      examples(
        ['./unlabel compare --dataset photos', 'all runs on a dataset'],
        ['./unlabel compare mae-1 simsiam-1 --markdown', 'two, to paste'],
      ),
    )
    .action(act((context, names: string[], flags: CompareFlags) => compare(context, names, flags)));
  program
    .command('report [runs...]')
    .description(
      'one HTML file that opens without a network and prints well: which did best, tables, curves, every run',
    )
    .requiredOption('-o, --output <file>', 'where to write it')
    .option('--dataset <name>', 'all runs on this dataset')
    .option('--experiment <name>', 'the runs of an experiment')
    .option('--title <text>', 'its heading')
    .addHelpText(
      'after',
      examples(
        ['./unlabel report mae-1 simsiam-1 -o report.html', 'two runs'],
        ['./unlabel report --experiment brief-1a2b3c4d -o report.html', 'an experiment'],
        ['./unlabel report --dataset photos -o report.html', 'all runs on a dataset'],
      ),
    )
    .action(act((context, names: string[], flags: ReportFlags) => report(context, names, flags)));
  program
    .command('metrics <run>')
    .description('the metrics of every step: as a summary, CSV, JSON (--json) or TensorBoard event files')
    .option('--csv', 'comma-separated values, a line a step')
    .option('--tensorboard <folder>', 'event files below this folder')
    .option('-o, --output <file>', 'write the CSV or JSON to a file')
    .addHelpText(
      'after',
      examples(
        ['./unlabel metrics mae-1', 'first, last, least and largest value of each'],
        ['./unlabel metrics mae-1 --csv -o mae-1.csv', 'for a spreadsheet'],
        ['./unlabel metrics mae-1 --tensorboard logs', 'then: tensorboard --logdir logs'],
      ),
    )
    .action(act((context, name: string, flags: MetricsFlags) => metrics(context, name, flags)));
}
