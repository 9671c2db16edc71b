import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { expect, test } from 'vitest';
import { z } from 'zod';

import { settingsOf, typeText, variantsOf } from './json-schema.ts';
import { settingGroups, settingsDocument, settingsFile } from './settings.ts';
import { internal, variables } from './variables.ts';

const root = resolve(import.meta.dirname, '../..');

test('docs/settings.md is what the schemas say: npm run docs writes it anew', async () => {
  expect(await readFile(settingsFile, 'utf8')).toBe(await settingsDocument());
});

test('every setting and every variable says what it means', () => {
  const groups = settingGroups();
  expect(groups.flatMap(({ settings }) => settings).length).toBeGreaterThan(150);
  for (const { title, lead, settings } of groups) {
    expect(lead, title).not.toBe('');
    for (const { key, meaning, type } of settings) {
      expect(meaning, `${title}: ${key}`).not.toBe('');
      expect(type, `${title}: ${key}`).not.toMatch(/undefined/);
    }
  }
  for (const { name, meaning, standard } of variables) {
    expect(meaning, name).not.toBe('');
    expect(standard, name).not.toBe('');
  }
});

test('every UNLABEL_ variable in the source is documented, or named as internal', async () => {
  const found = new Set<string>();
  for (const folder of ['apps', 'libs', 'tools'])
    for (const file of await readdir(join(root, folder), { recursive: true }))
      if (/\.(ts|tsx|mjs)$/.test(file))
        for (const [name] of (await readFile(join(root, folder, file), 'utf8')).matchAll(/UNLABEL_[A-Z0-9_]*[A-Z0-9]/g))
          found.add(name);
  const known = new Set([...variables.flatMap(({ name }) => name.split(', ')), ...Object.keys(internal)]);
  expect([...found].filter((name) => !known.has(name))).toEqual([]);
});

const schema = z.strictObject({
  plain: z.int().positive().default(3).describe('a count'),
  open: z.strictObject({ inner: z.number().min(0).lt(1).describe('a part') }),
  maybe: z
    .strictObject({ inner: z.boolean().describe('whether') })
    .nullable()
    .default(null)
    .describe('a group'),
  either: z.union([z.strictObject({ a: z.string().describe('A') }), z.strictObject({ b: z.string().describe('B') })]),
  choice: z
    .discriminatedUnion('name', [
      z.strictObject({ name: z.literal('one'), x: z.number().describe('X') }),
      z.strictObject({ name: z.literal('two') }).describe('the other'),
    ])
    .optional()
    .describe('one of two'),
  list: z.array(z.strictObject({ of: z.enum(['u', 'v']).describe('which') })).describe('several'),
});

test('groups are opened, alternatives that a name tells apart are not, and lists have their entries', () => {
  expect(settingsOf(schema)).toEqual([
    { key: 'plain', type: 'whole number above 0', standard: '3', meaning: 'a count' },
    { key: 'open.inner', type: 'number from 0 below 1', standard: undefined, meaning: 'a part' },
    { key: 'maybe', type: 'group or null', standard: 'null', meaning: 'a group' },
    { key: 'maybe.inner', type: 'true or false', standard: undefined, meaning: 'whether' },
    { key: 'either', type: 'group', standard: undefined, meaning: '' },
    { key: 'either.a', type: 'text', standard: undefined, meaning: 'A' },
    { key: 'either.b', type: 'text', standard: undefined, meaning: 'B' },
    { key: 'choice', type: 'group', standard: 'none', meaning: 'one of two' },
    { key: 'list', type: 'list of group', standard: undefined, meaning: 'several' },
    { key: 'list[].of', type: 'u, v', standard: undefined, meaning: 'which' },
  ]);
  expect(variantsOf(schema.shape.choice.unwrap(), 'name')).toEqual([
    { name: 'one', meaning: '', settings: [{ key: 'x', type: 'number', standard: undefined, meaning: 'X' }] },
    { name: 'two', meaning: 'the other', settings: [] },
  ]);
});

test('bounds of JavaScript are none of a setting', () => {
  expect(typeText(z.toJSONSchema(z.int()) as Parameters<typeof typeText>[0])).toBe('whole number');
});
