import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { type RunTool } from './run-tool.ts';
import { buildTransforms, transformLevels } from './transforms.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'unlabel-transforms-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('every level is compiled so that no product and sum are fused, and none but those of vectors needs a processor that has them', async () => {
  const calls: string[][] = [];
  const run: RunTool = async (command, args) => {
    if (command === 'c++') {
      calls.push(args);
      writeFileSync(args[args.indexOf('-o') + 1] as string, 'made');
    }
    return { code: 0, stdout: '', stderr: '' };
  };
  const built = join(folder, 'transforms.node');
  const place = { sourceFolder: '/sources', headersFolder: '/headers', built };
  await buildTransforms(place, { command: 'c++', first: [], env: {}, remove: () => undefined }, run);
  const compiled = calls.filter((args) => args.includes('-c'));
  expect(compiled).toHaveLength(Object.keys(transformLevels).length + 1);
  for (const args of compiled) expect(args).toContain('-ffp-contract=off');
  const plain = compiled.filter((args) => args.includes('-DLEVEL=plain') || args.includes('/sources/module.cc'));
  expect(plain).toHaveLength(2);
  expect(plain.flat().filter((arg) => arg.startsWith('-m'))).toEqual([]);
  expect(readFileSync(built, 'utf8')).toBe('made');
});

test('there is a source for every level that module.cc chooses from, and the other way round', () => {
  const path = fileURLToPath(new URL('../../libs/transforms/native/module.cc', import.meta.url));
  const chosen = [...readFileSync(path, 'utf8').matchAll(/&(\w+)::kernels/g)].map(([, name]) => name);
  expect(chosen.sort()).toEqual(Object.keys(transformLevels).sort());
});
