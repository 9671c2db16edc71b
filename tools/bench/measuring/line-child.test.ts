import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';

import { LineChild, RefusedError } from './line-child.ts';

const children: LineChild[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) await child.close();
});

/** A child that answers each line with what the body makes of it. */
function start(body: string): LineChild {
  const script = `require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
    const ask = JSON.parse(line);
    const say = (answer) => console.log(JSON.stringify(answer));
    ${body}
  });`;
  const child = new LineChild({ name: 'echo', command: process.execPath, args: ['-e', script] });
  children.push(child);
  return child;
}
const doubled = z.strictObject({ value: z.number() });

test('questions are answered in turn, by one process', async () => {
  const child = start('say({ value: 2 * ask.value })');
  expect(await child.ask({ value: 2 }, doubled)).toEqual({ value: 4 });
  expect(await child.ask({ value: 5 }, doubled)).toEqual({ value: 10 });
});

test('what a child could not do is told in its words, and it may be asked for other things', async () => {
  const child = start("say(ask.value ? { value: 1 } : { type: 'failed', message: 'no value' })");
  await expect(child.ask({}, doubled)).rejects.toThrow(RefusedError);
  await expect(child.ask({}, doubled)).rejects.toThrow('echo: no value');
  expect(await child.ask({ value: 1 }, doubled)).toEqual({ value: 1 });
});

test('a child that ends is told with its code and its last words', async () => {
  const greeting = 'I0000 00:00:1 port.cc:153] oneDNN custom operations are on.';
  const child = start(`console.error('out of memory'); console.error('${greeting}'); process.exit(3)`);
  await expect(child.ask({}, doubled)).rejects.toThrow('echo ended (exit code 3): out of memory');
});

test('a program that is not there is an error of the question', async () => {
  const child = new LineChild({ name: 'missing', command: '/no/such/program', args: [] });
  await expect(child.ask({}, doubled)).rejects.toThrow('missing ended');
});

test('an answer that is not what was agreed on is refused', async () => {
  const child = start("ask.text ? console.log('hello') : say({ value: 'two' })");
  await expect(child.ask({ text: true }, doubled)).rejects.toThrow('echo: is no JSON: hello');
  await expect(child.ask({}, doubled)).rejects.toThrow('value');
});
