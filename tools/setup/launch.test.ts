import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { expect, test } from 'vitest';

const launch = join(import.meta.dirname, 'launch.mjs');
const runner = join(import.meta.dirname, 'run-program.mjs');

/** A Node that runs `program` as the launcher runs one. */
const running = (program: string) => [
  '--input-type=module',
  '-e',
  `import { runProgram } from ${JSON.stringify(runner)};
   process.exitCode = await runProgram(process.execPath, ['-e', ${JSON.stringify(program)}]);`,
];

test('an unknown command ends with exit code 2 and names the commands', () => {
  const { status, stderr } = spawnSync(process.execPath, [launch, 'dmeo'], { encoding: 'utf8' });
  expect(status).toBe(2);
  expect(stderr).toBe(
    'unlabel: there is no command "dmeo"\n  what to do: node tools/setup/launch.mjs setup|demo|cli|test|bench|faults|docs [arguments]\n',
  );
});

test('the exit code is that of the program, and 128 + the signal that ended it', () => {
  expect(spawnSync(process.execPath, running('process.exit(7)')).status).toBe(7);
  expect(spawnSync(process.execPath, running('process.kill(process.pid, "SIGKILL")')).status).toBe(137);
});

test('SIGTERM is passed on, and the program may finish before we do', async () => {
  const program = `process.on('SIGTERM', () => setTimeout(() => process.exit(5), 300)); setInterval(() => {}, 1000); console.log('up')`;
  const child = spawn(process.execPath, running(program), { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await sleep(100);
  expect(child.exitCode).toBeNull();
  expect(await exited).toBe(5);
});
