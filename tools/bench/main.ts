// Benchmarks: `npm run bench -- NAME …`. Each file beside this one is one; each compares within one session.
import { readdirSync } from 'node:fs';

const benches = readdirSync(import.meta.dirname)
  .map((file) => file.replace(/\.ts$/, ''))
  .filter((name) => name !== 'main' && name !== 'bare-step');
const name = process.argv[2] ?? '';
if (benches.includes(name)) {
  process.argv.splice(2, 1); // the bench sees its own words only
  await import(`./${name}.ts`);
} else {
  process.stderr.write(`bench: ${name === '' ? 'which?' : `there is no ${name};`} known: ${benches.join(', ')}\n`);
  process.exitCode = 2;
}
