// Forks a child, says its pid, and lets it hang when asked to.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const child = fork(fileURLToPath(new URL('hanging-child.fixture.ts', import.meta.url)));
child.on('message', (word) => {
  if (word === 'ready' && process.argv[2] === 'hang') child.send('hang');
  else process.stdout.write(`${child.pid}\n`);
});
