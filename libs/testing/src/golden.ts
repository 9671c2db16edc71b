import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { decodeSafetensors, type HostTensor } from '#lib/contracts';

interface GoldenTensorInfo {
  dtype: string;
  shape: number[];
  role: 'input' | 'output' | 'gradient' | 'parameter';
  layout?: string;
  meaning?: string;
  rtol?: number;
  atol?: number;
  file: number;
}

/** One case of the golden manifest: its parameters, its tensors and how closely they must be met. */
export interface GoldenCase {
  name: string;
  files: string[];
  args: Record<string, unknown>;
  notes: string;
  text?: string;
  expected?: Record<string, unknown>;
  tensors: Record<string, GoldenTensorInfo>;
  /** Values of one tensor; throws with the known names for an unknown one. */
  tensor(name: string): HostTensor;
  /** Compares elementwise, |got - want| <= atol + rtol |want|; NaN, infinity and another shape fail. Throws with the worst element. */
  expectClose(name: string, got: ArrayLike<number>, shape: readonly number[]): void;
}

/** The folder of the golden cases: `UNLABEL_GOLDEN`, or the copy in the repository. */
export const goldenFolder =
  process.env['UNLABEL_GOLDEN'] ?? join(dirname(fileURLToPath(import.meta.url)), '..', 'golden');

type RawCase = Omit<GoldenCase, 'tensor' | 'expectClose'>;

/** All cases of the manifest, in its order. */
export function goldenManifest(): RawCase[] {
  const manifest = JSON.parse(readFileSync(join(goldenFolder, 'manifest.json'), 'utf8')) as {
    format: number;
    cases: RawCase[];
  };
  if (manifest.format !== 1) throw new Error(`golden manifest: format ${manifest.format}, this loader reads 1`);
  return manifest.cases;
}

/**
 * The cases whose name is `prefix` or starts with `prefix/`. Write the prefix as a literal at the call: the coverage
 * report finds covered cases by these literals.
 * @throws if there is none, so a renamed case can't silently stop being tested
 */
export function goldenCases(prefix: string): GoldenCase[] {
  const cases = goldenManifest().filter(({ name }) => name === prefix || name.startsWith(`${prefix}/`));
  if (cases.length === 0) throw new Error(`goldenCases: no case is called ${prefix} or starts with ${prefix}/`);
  return cases.map(open);
}

function open(raw: RawCase): GoldenCase {
  let loaded: Record<string, HostTensor> | undefined;
  const tensor = (name: string): HostTensor => {
    loaded ??= Object.assign(
      {},
      ...raw.files.map((file) => decodeSafetensors(readFileSync(join(goldenFolder, file))).tensors),
    ) as Record<string, HostTensor>;
    const found = loaded[name];
    if (!found) throw new Error(`${raw.name}: no tensor ${name}; known: ${Object.keys(loaded).join(', ')}`);
    return found;
  };
  return { ...raw, tensor, expectClose: (name, got, shape) => compare(raw, name, tensor(name), got, shape) };
}

function compare(raw: RawCase, name: string, want: HostTensor, got: ArrayLike<number>, shape: readonly number[]): void {
  const at = `${raw.name} ${name}`;
  const { rtol = 0, atol = 0 } = raw.tensors[name] ?? {};
  if (shape.join() !== want.shape.join())
    throw new Error(`${at}: shape [${shape.join(', ')}], expected [${want.shape.join(', ')}]`);
  if (got.length !== want.data.length) throw new Error(`${at}: ${got.length} values, expected ${want.data.length}`);
  let worst = { excess: 0, index: -1 };
  for (let i = 0; i < got.length; i++) {
    const [a, b] = [got[i] as number, want.data[i] as number];
    const excess = Number.isFinite(a) ? Math.abs(a - b) - (atol + rtol * Math.abs(b)) : Infinity;
    if (excess > worst.excess) worst = { excess, index: i };
  }
  if (worst.index >= 0)
    throw new Error(
      `${at}[${worst.index}]: got ${got[worst.index]}, expected ${want.data[worst.index]} within ${atol} + ${rtol} |expected|`,
    );
}
