import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { expect, test } from 'vitest';

import { goldenManifest } from '#lib/testing';

const root = resolve(import.meta.dirname, '../..');

/** Prefixes that golden tests ask for, as literals. */
function coveredPrefixes(): string[] {
  const files = globSync('{apps,libs}/**/*.golden.test.ts', { cwd: root });
  return files.flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(/goldenCases\(\s*'([^']+)'/g)].map(
      (match) => match[1] as string,
    ),
  );
}

test('lists the cases that no test covers yet, and every prefix that tests ask for exists', () => {
  const prefixes = coveredPrefixes();
  const names = goldenManifest().map(({ name }) => name);
  const covers = (name: string) => prefixes.some((prefix) => name === prefix || name.startsWith(`${prefix}/`));
  const missing = names.filter((name) => !covers(name));
  process.stdout.write(`golden cases: ${names.length - missing.length} of ${names.length} covered\n`);
  for (const name of missing) process.stdout.write(`not covered: ${name}\n`);
  for (const prefix of prefixes)
    expect(names.some((name) => name === prefix || name.startsWith(`${prefix}/`))).toBe(true);
  expect(prefixes.length).toBeGreaterThan(10);
});
