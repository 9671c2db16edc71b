// Writes objects and replaces a head until it is killed: the victim of a test in file.test.ts.
import { openFileStore } from './file.ts';

const [, , root = '', round = ''] = process.argv;
const store = openFileStore(root);
let version = (await store.head('head.json'))?.version;
for (let i = 0; ; i++) {
  await store.create(`objects/${round}-${i}.bin`, new Uint8Array(100_000).fill(i % 256));
  version = await store.replace('head.json', new TextEncoder().encode(`${round} ${i}`), version);
  if (i === 0) process.stdout.write('writing\n');
}
