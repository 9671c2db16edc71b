// tsc over one project, with the settings of its own tsconfig.json if it has one and else the base's.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = process.argv[2];
let config = join(root, 'tsconfig.json');
if (!existsSync(config)) {
  const folder = 'node_modules/.cache/typecheck';
  mkdirSync(folder, { recursive: true });
  config = join(folder, `${root.replaceAll('/', '.')}.json`);
  writeFileSync(config, JSON.stringify({ extends: resolve('tsconfig.base.json'), include: [resolve(root, 'src')] }));
}
const { status } = spawnSync('node_modules/@typescript/native/bin/tsc', ['-p', config], { stdio: 'inherit' });
process.exit(status ?? 1);
