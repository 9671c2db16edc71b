import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

import { expect, test } from 'vitest';
import { build } from 'vite';

const budgetBytes = 150_000;
const dashboard = fileURLToPath(new URL('../../apps/dashboard', import.meta.url));

/** A file of the build, as far as it matters here. */
interface Output {
  fileName: string;
  type: 'chunk' | 'asset';
  code?: string;
  source?: string | Uint8Array;
  isEntry?: boolean;
  imports?: string[];
  moduleIds?: string[];
  viteMetadata?: { importedCss: Set<string> };
}

async function built(): Promise<Output[]> {
  const result = (await build({
    root: dashboard,
    configFile: `${dashboard}/vite.config.ts`,
    logLevel: 'error',
    build: { write: false },
  })) as unknown as { output: Output[] };
  return result.output;
}

/** All that a browser loads to show the list of runs: the page, its entry, the list, what they import, their styles. */
function firstView(files: Output[]): Output[] {
  const byName = new Map(files.map((file) => [file.fileName, file]));
  const needed = new Set<Output>();
  const need = (file: Output | undefined) => {
    if (!file || needed.has(file)) return;
    needed.add(file);
    for (const name of [...(file.imports ?? []), ...(file.viteMetadata?.importedCss ?? [])]) need(byName.get(name));
  };
  need(byName.get('index.html'));
  need(files.find(({ isEntry }) => isEntry));
  need(files.find(({ moduleIds }) => moduleIds?.some((id) => id.endsWith('/pages/runs.tsx'))));
  return [...needed];
}

test(`the first view of the dashboard stays under ${budgetBytes / 1000} kB compressed, and has no charts yet`, async () => {
  const files = firstView(await built());
  expect(files.length).toBeGreaterThan(3); // page, entry, list, styles: what is looked at is really there
  const sizes = files.map(({ fileName, code, source }) => ({ fileName, bytes: gzipSync(code ?? source ?? '').length }));
  const total = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
  expect(total, JSON.stringify(sizes)).toBeLessThan(budgetBytes);
  expect(files.flatMap(({ moduleIds = [] }) => moduleIds).filter((id) => /uplot|umap/.test(id))).toEqual([]);
});
