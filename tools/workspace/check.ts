// Everything that `npm test` checks, in order of cost: format, lint, types, then unit, golden and integration tests.
// `--only NAME …` runs some of them. The last line counts what passed and failed: each check is one, each test is one.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';

interface Counted {
  passed: number;
  failed: number;
}

interface Check {
  name: string;
  run(): Promise<Counted>;
}

/** Runs a command with its output on the terminal. */
function spawnCommand(command: string, args: string[], env: NodeJS.ProcessEnv = {}): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, ...env } });
    child.once('error', () => resolve(false));
    child.once('exit', (code) => resolve(code === 0));
  });
}

const command = (name: string, executable: string, args: string[]): Check => ({
  name,
  async run() {
    const ok = await spawnCommand(executable, args);
    return { passed: ok ? 1 : 0, failed: ok ? 0 : 1 };
  },
});

/** A project of Vitest; what is counted is what its report says. */
const tests = (name: string, project = name, workers = availableParallelism()): Check => ({
  name,
  async run() {
    const folder = await mkdtemp(join(tmpdir(), 'unlabel-check-'));
    const report = join(folder, 'report.json');
    try {
      const args = [
        'run',
        '--project',
        project,
        '--maxWorkers',
        String(workers),
        '--reporter',
        'default',
        '--reporter',
        'json',
        '--outputFile.json',
        report,
      ];
      const ok = await spawnCommand('vitest', args);
      return countReport(await readFile(report, 'utf8'), ok);
    } catch (error) {
      process.stderr.write(`${project}: no report: ${String(error)}\n`);
      return { passed: 0, failed: 1 };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
});

/** A run that fails without a failed test (a file that can't be loaded, an error outside of a test) counts as one failure. */
function countReport(text: string, ok: boolean): Counted {
  const { numPassedTests, numFailedTests } = JSON.parse(text) as { numPassedTests: number; numFailedTests: number };
  return { passed: numPassedTests, failed: numFailedTests === 0 && !ok ? 1 : numFailedTests };
}

const checks: Check[] = [
  command('format', 'prettier', ['--check', '--log-level', 'warn', '.']),
  command('lint', 'nx', ['run-many', '-t', 'lint', 'lint-types', '--outputStyle', 'stream']),
  command('lint-tools', 'eslint', ['tools']),
  command('types', 'nx', ['run-many', '-t', 'typecheck', '--outputStyle', 'stream']),
  command('types-tools', 'node_modules/@typescript/native/bin/tsc', ['-p', 'tools/tsconfig.json']),
  tests('unit', 'unit*'),
  tests('golden'),
  tests('int', 'int', Math.ceil(availableParallelism() * 1.5)), // half of their time is waiting for servers and leases
  tests('e2e', 'e2e', 1),
];

async function main(words: string[]): Promise<void> {
  const wanted = words[0] === '--only' ? words.slice(1) : checks.map(({ name }) => name);
  const unknown = wanted.filter((name) => !checks.some((check) => check.name === name));
  if (unknown.length > 0 || (words.length > 0 && words[0] !== '--only')) {
    process.stderr.write(
      `npm test: unknown ${unknown.join(', ') || words[0]}; known: --only ${checks.map(({ name }) => name).join(' ')}\n`,
    );
    process.exitCode = 2;
    return;
  }
  const total: Counted = { passed: 0, failed: 0 };
  const failures: string[] = [];
  for (const check of checks.filter(({ name }) => wanted.includes(name))) {
    const startMs = performance.now();
    process.stdout.write(`\n── ${check.name}\n`);
    const { passed, failed } = await check.run();
    process.stdout.write(
      `── ${check.name}: ${passed} passed, ${failed} failed in ${((performance.now() - startMs) / 1000).toFixed(0)} s\n`,
    );
    total.passed += passed;
    total.failed += failed;
    if (failed > 0) failures.push(check.name);
  }
  if (failures.length > 0) process.stdout.write(`\nfailed: ${failures.join(', ')}\n`);
  process.stdout.write(`\n${total.passed} passed, ${total.failed} failed\n`);
  process.exitCode = total.failed === 0 ? 0 : 1;
}

await main(process.argv.slice(2));
