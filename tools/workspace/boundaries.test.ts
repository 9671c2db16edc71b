import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { expect, test } from 'vitest';

import { codeVersion } from '#lib/contracts';

import { boundaries } from './boundaries.mjs';

const root = resolve(import.meta.dirname, '../..');
const projects = globSync('{apps,libs}/*/project.json', { cwd: root }).map((file) => ({
  file,
  ...(JSON.parse(readFileSync(join(root, file), 'utf8')) as { name: string; tags: string[] }),
}));

test.each(projects)('$name has one tag of each axis, and each has a rule', ({ tags }) => {
  for (const axis of ['type:', 'runtime:']) expect(tags.filter((tag) => tag.startsWith(axis))).toHaveLength(1);
  const known = new Set(boundaries.map(({ sourceTag }) => sourceTag));
  for (const tag of tags) if (tag !== 'type:testing') expect(known).toContain(tag);
});

test('every project has a name of its own that is its folder', () => {
  expect(projects.length).toBeGreaterThan(20);
  for (const { file, name } of projects) expect(file.split(/[\\/]/)[1]).toBe(name);
});

test('no file is called utils, helpers, common, manager or misc', () => {
  const files = globSync('{apps,libs,tools}/**/*.{ts,tsx,mjs}', { cwd: root, exclude: ['**/node_modules/**'] });
  expect(files.filter((file) => /(^|[\\/])(utils?|helpers?|common|manager|misc)\b/.test(file))).toEqual([]);
});

test('the version that results record is that of package.json', () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  expect(codeVersion).toBe(version);
});
