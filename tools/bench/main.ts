// Benchmarks: `npm run bench` runs every file of `benches/` in its short form and writes a report, `npm run bench -- NAME`
// runs one. With `--compare` they are set beside PyTorch and albumentations.
import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { UsageError } from '#lib/contracts';

import { interrupted } from '../../apps/cli/src/interrupted.ts';
import { home } from '../../apps/cli/src/stack/paths.ts';
import { SetupError } from '../setup/errors.mjs';

import type { Bench, BenchContext, PythonHere } from './bench.ts';
import { type Command, parseCommand } from './command-line.ts';
import { LoadWatch } from './measuring/machine-load.ts';
import { describeMachine } from './measuring/machine.ts';
import { comparisonPython } from './pytorch/environment.ts';
import { renderMarkdown } from './report/markdown.ts';
import { findingsSchema, type Report, type Section } from './report/report.ts';
import { versionsHere, writeReport } from './report/write-report.ts';

const say = (line: string): void => void process.stderr.write(`bench: ${line}\n`);
/** From this part of the machine's time on, what others compute is worth a warning. */
const muchByOthers = 0.1;

async function loadBenches(): Promise<Map<string, Bench>> {
  const folder = join(import.meta.dirname, 'benches');
  const names = readdirSync(folder)
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => file.replace(/\.ts$/, ''))
    .sort();
  const modules = names.map(async (name) => {
    const { bench } = (await import(join(folder, `${name}.ts`))) as { bench: Bench };
    return [name, bench] as const;
  });
  return new Map(await Promise.all(modules));
}

/** Runs one bench in a folder of its own. One that fails is a section that says why: the others are still run. */
async function runBench(
  { name, bench, flags }: Command['benches'][number],
  context: Omit<BenchContext, 'folder' | 'say'>,
): Promise<Section> {
  const { title, about } = bench;
  const folder = await mkdtemp(join(tmpdir(), 'unlabel-bench-'));
  const startMs = performance.now();
  const load = new LoadWatch();
  const notes: string[] = [];
  const head = () => ({ bench: name, title, about, seconds: (performance.now() - startMs) / 1000 });
  say(`${name}: ${title}`);
  try {
    const ran = await bench.run(flags, { ...context, folder, say: (line) => say(`${name}: ${line}`) });
    const found = findingsSchema.parse(ran);
    const others = load.end() ?? 0;
    if (others > muchByOthers)
      notes.push(`other processes took ${(100 * others).toFixed(0)} % of the machine meanwhile: take these as a trial`);
    return { ...head(), ...found, notes: [...found.notes, ...notes] };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const message = context.signal.aborted ? 'interrupted' : error instanceof Error ? error.message : String(error);
    say(`${name}: failed: ${message}`);
    if (process.env['UNLABEL_DEBUG'] && error instanceof Error) process.stderr.write(`${error.stack}\n`);
    return { ...head(), tables: [], goals: [], notes, error: message };
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

/** The Python that `--compare` needs for the benches that are run; it is looked for before any of them starts. */
async function findPython({ benches, compare }: Command): Promise<PythonHere | undefined> {
  const packages = [...new Set(benches.flatMap(({ bench }) => bench.python ?? []))];
  if (!compare || packages.length === 0) return undefined;
  const python = await comparisonPython(packages, { say });
  say(`comparing with ${versionsText(python.versions)} (${python.command})`);
  return python;
}

const versionsText = (versions: Record<string, string>): string =>
  Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ');

async function main(words: string[]): Promise<number> {
  const command = parseCommand(words, await loadBenches());
  const out = command.out ?? (command.all ? join(home(), 'bench-report') : undefined); // benches have homes of their own
  const [startedAt, startMs] = [new Date().toISOString(), performance.now()];
  const python = await findPython(command);
  const { signal, dispose } = interrupted();
  const sections: Section[] = [];
  for (const chosen of command.benches) {
    if (signal.aborted) break;
    sections.push(await runBench(chosen, { python, signal }));
  }
  dispose();
  const report: Report = {
    format: 'unlabel.bench-report',
    version: 1,
    startedAt,
    seconds: (performance.now() - startMs) / 1000,
    command: ['npm run bench', ...(words.length > 0 ? ['--', ...words] : [])].join(' '),
    machine: describeMachine(),
    versions: { ...(await versionsHere()), ...python?.versions },
    sections,
  };
  process.stdout.write(renderMarkdown(report));
  if (out !== undefined) {
    const { markdown, json } = await writeReport(resolve(out), report);
    say(`report: ${markdown} and ${json}`);
  }
  if (signal.aborted) return 130;
  return sections.some(({ error }) => error !== null) ? 1 : 0;
}

function complain(error: unknown): number {
  const message = error instanceof Error ? error.message : String(error);
  const remedy = error instanceof UsageError || error instanceof SetupError ? error.remedy : undefined;
  process.stderr.write(`unlabel: ${message}\n${remedy ? `         ${remedy}\n` : ''}`);
  if (process.env['UNLABEL_DEBUG'] && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return error instanceof UsageError ? 2 : 1;
}

process.exitCode = await main(process.argv.slice(2)).catch(complain);
