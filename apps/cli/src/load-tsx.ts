import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

import { transformSync } from 'rolldown/utils';

/**
 * From here on Node can load `.tsx` files, whose types it strips by itself but whose elements it does not know: they become calls of Preact's. It takes
 * some milliseconds a file, so nothing is built beforehand that could grow old.
 */
export function loadTsx(): void {
  registerHooks({
    load(url, context, nextLoad) {
      if (!url.startsWith('file:') || !url.endsWith('.tsx')) return nextLoad(url, context);
      const path = fileURLToPath(url);
      const { code, errors } = transformSync(path, readFileSync(path, 'utf8'), {
        lang: 'tsx',
        jsx: { runtime: 'automatic', importSource: 'preact' },
        sourcemap: false,
      });
      if (errors.length > 0) throw new SyntaxError(`${path}: ${errors[0]?.message}`);
      return { format: 'module', source: code, shortCircuit: true };
    },
  });
}
