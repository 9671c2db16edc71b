import type { ControlClient } from '#lib/client';

import { joinControl } from './stack/join-stack.ts';

/** What every command is given: its output, and control when it asks for it. */
export interface Context {
  json: boolean;
  control(): Promise<ControlClient>;
  /** A result, on standard output. */
  print(text: string): void;
  /** What happens meanwhile, on standard error. */
  say(text: string): void;
}

export function makeContext(options: { json: boolean }): Context {
  const say = (text: string) => void process.stderr.write(`${text}\n`);
  return {
    json: options.json,
    control: () => joinControl(say),
    print: (text) => void process.stdout.write(`${text}\n`),
    say,
  };
}

/** Prints a value as JSON with --json, else as the text that `text` makes of it. */
export function show<T>(context: Context, value: T, text: (value: T) => string): void {
  context.print(context.json ? JSON.stringify(value, null, 2) : text(value));
}
