import { fileURLToPath } from 'node:url';

import { defineConfig } from 'vite';

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  build: { outDir: '../../dist/apps/dashboard', emptyOutDir: true },
  server: { proxy: { '/api': 'http://127.0.0.1:4280' } },
});
