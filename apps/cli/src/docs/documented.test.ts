import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';

import { makeProgram } from '../program.ts';
import { commandsOf, documents, root, shellWords } from './documented.ts';

const all = documents().flatMap(commandsOf);

/** Takes words as the command line does, up to where a command would begin to work. @returns the command's name */
async function parse(words: readonly string[]): Promise<string> {
  const program = makeProgram();
  let parsed = '';
  const silence = (command: Command) => {
    command.action(() => void (parsed = command.name()));
    command.configureOutput({ writeErr: () => undefined, outputError: () => undefined });
    for (const inner of command.commands) silence(inner);
  };
  for (const command of program.commands) silence(command);
  await program.parseAsync(words, { from: 'user' });
  return parsed;
}

test('documents have commands, in blocks and in texts', () => {
  expect(all.filter(({ isBlock }) => isBlock).length).toBeGreaterThan(60);
  expect(all.filter(({ isBlock }) => !isBlock).length).toBeGreaterThan(10);
});

test.each(all)('$file: $line is a command with options that exist', async ({ words, isBlock }) => {
  if (words.includes('--help')) return;
  const isName = !isBlock && words.length === 1; // a text may name a command without what it needs
  if (isName) expect(makeProgram().commands.map((command) => command.name())).toContain(words[0]);
  else expect(await parse(words)).not.toBe('');
});

test('a wrong option would be found', async () => {
  await expect(parse(['compare', '--tsv'])).rejects.toThrow("unknown option '--tsv'");
  await expect(parse(['datasets', 'a', 'b'])).rejects.toThrow('too many arguments');
});

test('words are split as a shell does', () => {
  expect(shellWords('about RUN --title "First try" a=1')).toEqual(['about', 'RUN', '--title', 'First try', 'a=1']);
});

describe('links', () => {
  const links = documents().flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)]
      .map(([, to = '']) => ({ file, to }))
      .filter(({ to }) => !/^https?:/.test(to)),
  );
  test.each(links)('$file: $to is there', ({ file, to }) => {
    expect(() => readFileSync(join(root, dirname(file), to))).not.toThrow();
  });
});

test('what docs/troubleshooting.md quotes of messages, the code says', () => {
  const sources = ['apps', 'libs']
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
    )
    .filter((file) => /\.tsx?$/.test(file) && !file.includes('.test.'))
    .map((file) => readFileSync(join(root, file), 'utf8'))
    .join('\n');
  const headings = [...readFileSync(join(root, 'docs/troubleshooting.md'), 'utf8').matchAll(/^\*\*(.+?)\*\*/gm)];
  const quoted = headings.flatMap(([, heading = '']) =>
    [...heading.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text),
  );
  expect(quoted.length).toBeGreaterThan(12);
  for (const text of quoted) expect(sources.includes(text), text).toBe(true);
});
