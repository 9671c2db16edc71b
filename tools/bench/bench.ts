import type { z } from 'zod';

import type { Findings } from './report/report.ts';

/** What a bench is given beside its flags. */
export interface BenchContext {
  /** A line for whoever watches. */
  say(line: string): void;
  /** A folder of its own, removed afterwards. */
  folder: string;
  /** The Python to compare with; undefined without `--compare`. */
  python?: PythonHere | undefined;
  /** Is aborted by Ctrl-C: what it has started is to be ended. */
  signal: AbortSignal;
}

/** A Python that has what the benches compare with. */
export interface PythonHere {
  command: string;
  /** of Python itself and of its packages */
  versions: Record<string, string>;
}

/** One thing that is measured: a file of `benches/`, which exports it as `bench`. */
export interface Bench<Flags extends z.ZodObject = z.ZodObject> {
  /** heading of its section */
  title: string;
  /** what is measured, in a sentence */
  about: string;
  /** its own flags on the command line: text, or booleans where their schemas take `true` */
  flags: Flags;
  /** flags of the short form, in which it runs with the others */
  short: z.input<Flags>;
  /** Python packages that `--compare` needs for it; default: it compares with none */
  python?: readonly string[];
  /** it has nothing to measure without `--compare` */
  needsCompare?: boolean;
  run(flags: z.output<Flags>, context: BenchContext): Promise<Findings>;
}

/** A bench whose `run` gets its own flags, checked and completed. */
export const defineBench = <Flags extends z.ZodObject>(bench: Bench<Flags>): Bench<Flags> => bench;
