import type { Command, Option } from 'commander';

import { probeKindSchema, probeSplitSchema } from '#lib/contracts';

/** One thing that may come next, and what it is. */
export interface Candidate {
  value: string;
  text: string;
}

/** Names that only a look elsewhere can tell; each is asked for when it is needed. */
export interface Names {
  recipes(): Promise<string[]>;
  experimentFiles(): Promise<string[]>;
  runs(): Promise<string[]>;
  datasets(): Promise<string[]>;
  experiments(): Promise<string[]>;
}

/** What an option's value may be, by the option's long name. Of others the shell completes files. */
const optionValues: Record<string, (names: Names) => Promise<string[]>> = {
  '--dataset': (names) => names.datasets(),
  '--experiment': (names) => names.experiments(),
  '--kind': async () => probeKindSchema.options,
  '--split': async () => probeSplitSchema.options,
  '--checkpoint': async () => ['last', 'best'],
};

/** What an argument may be, by command and name of the argument. */
function argumentValues(command: string, argument: string, names: Names): Promise<string[]> {
  if (argument === 'recipe') return names.recipes();
  if (argument === 'run' || argument === 'runs') return names.runs();
  if (command === 'datasets' || command === 'datasets remove') return names.datasets();
  if (command === 'experiments') return names.experiments();
  if (command === 'experiment' && argument === 'file') return names.experimentFiles();
  if (argument === 'action') return Promise.resolve(['retry', 'drop']);
  if (argument === 'shell') return Promise.resolve(['bash', 'zsh']);
  return Promise.resolve([]);
}

/**
 * What may stand in the place of the last word of a line.
 * @param words those after the program's name; the last is what is there of the word to complete, perhaps nothing
 */
export async function candidates(program: Command, words: readonly string[], names: Names): Promise<Candidate[]> {
  const { before, prefix, lead } = lastWord(words);
  const { command, path, at: from } = commandOf(program, before);
  const options = [...(command?.options ?? []), ...program.options];
  const [given, value] = splitOption(prefix);
  if (value !== undefined) {
    const values = await valuesOf(options, given, names);
    return values.filter((each) => each.startsWith(value)).map((each) => plain(lead ? each : `${given}=${each}`));
  }
  const last = before.at(-1) ?? '';
  if (takesValue(options, last)) return matching((await valuesOf(options, last, names)).map(plain), prefix);
  if (prefix.startsWith('-')) return matching(options.flatMap(optionCandidate), prefix);
  if (!command) return matching(program.commands.filter(isShown).map(commandCandidate), prefix);
  const at = operands(before.slice(from), options).length;
  const below = at === 0 ? command.commands.filter(isShown).map(commandCandidate) : [];
  const argument = command.registeredArguments[at] ?? command.registeredArguments.findLast(({ variadic }) => variadic);
  const values = argument ? await argumentValues(path, argument.name(), names) : [];
  return matching([...below, ...values.map(plain)], prefix);
}

/** The command that words name, also one below another; where its own words begin. */
function commandOf(
  program: Command,
  words: readonly string[],
): { command: Command | undefined; path: string; at: number } {
  let command: Command | undefined;
  const path: string[] = [];
  let at = 0;
  for (let i = 0; i < words.length; i++) {
    const next: Command | undefined = (command ?? program).commands.find((each) => each.name() === words[i]);
    if (next === undefined) {
      if (command) break; // an operand
      continue; // an option of all commands
    }
    command = next;
    path.push(next.name());
    at = i + 1;
  }
  return { command, path: path.join(' '), at };
}

/**
 * The words before, and the one to complete. bash hands over `--option=value` as three words, of which it wants the value alone back.
 * @returns lead: the value alone is wanted
 */
function lastWord(words: readonly string[]): { before: string[]; prefix: string; lead: boolean } {
  const [third = '', second = '', first = ''] = words.toReversed();
  if (second === '=') return { before: words.slice(0, -3), prefix: `${first}=${third}`, lead: true };
  if (third === '=') return { before: words.slice(0, -2), prefix: `${second}=`, lead: true };
  return { before: words.slice(0, -1), prefix: third, lead: false };
}

function splitOption(word: string): [name: string, value: string | undefined] {
  const at = word.indexOf('=');
  return word.startsWith('--') && at > 0 ? [word.slice(0, at), word.slice(at + 1)] : [word, undefined];
}

const named = (options: Option[], word: string) =>
  options.find(({ long, short }) => word !== '' && (word === long || word === short));
const takesValue = (options: Option[], word: string): boolean => {
  const option = named(options, word);
  return option !== undefined && (option.required || option.optional);
};

async function valuesOf(options: Option[], word: string, names: Names): Promise<string[]> {
  return (await optionValues[named(options, word)?.long ?? '']?.(names)) ?? [];
}

/** Words that are neither options nor their values. */
const operands = (words: readonly string[], options: Option[]): string[] =>
  words.filter((word, i) => !word.startsWith('-') && !takesValue(options, words[i - 1] ?? ''));

const plain = (value: string): Candidate => ({ value, text: '' });
const isShown = (command: Command): boolean => !(command as Command & { _hidden?: boolean })._hidden;
const commandCandidate = (command: Command): Candidate => ({ value: command.name(), text: command.description() });
const optionCandidate = ({ long, description }: Option): Candidate[] =>
  long ? [{ value: long, text: description }] : [];
const matching = (all: Candidate[], prefix: string): Candidate[] => all.filter(({ value }) => value.startsWith(prefix));
