import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '../../../..');

/** A command as a document tells readers to type it. */
export interface Documented {
  file: string;
  line: string;
  /** what follows ./unlabel, as a shell would split it */
  words: string[];
  /** whether it is a line of a block, to be typed as it stands; else it is named in a text */
  isBlock: boolean;
}

/** The documents of users: README and docs/. */
export const documents = (): string[] => [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((file) => file.endsWith('.md'))
    .sort()
    .map((file) => `docs/${file}`),
];

/** Every ./unlabel command of a document, in order. */
export function commandsOf(file: string): Documented[] {
  const text = readFileSync(join(root, file), 'utf8');
  const found: Documented[] = [];
  let isBlock = false;
  for (const line of text.split('\n'))
    if (line.trimStart().startsWith('```')) isBlock = !isBlock;
    else
      for (const command of isBlock ? blockCommands(line) : inlineCommands(line))
        found.push({
          file,
          line: command,
          words: shellWords(command.replace(/^(?:[A-Z_]+=\S+ )*\.\/unlabel ?/, '')),
          isBlock,
        });
  return found.filter(({ words }) => words.length > 0);
}

/** A line without its comment, where it is a command. */
function blockCommands(line: string): string[] {
  const command = line.replace(/\s+(#|\(in small).*$/, '').trim();
  return /^(?:[A-Z_]+=\S+ )*\.\/unlabel( |$)/.test(command) ? [command] : [];
}

const inlineCommands = (line: string): string[] =>
  [...line.matchAll(/`((?:[A-Z_]+=\S+ )*\.\/unlabel [^`]+)`/g)].map(([, command = '']) => command);

/** Words of a line: what stands in double quotes is one. */
export const shellWords = (line: string): string[] =>
  [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
