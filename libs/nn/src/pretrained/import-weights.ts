import {
  entriesOfSafetensors,
  FormatError,
  type SafetensorsEntry,
  UsageError,
  type WeightsFormat,
} from '#lib/contracts';

import type { ParameterSpec } from '../module.ts';
import { fromTorchLayout, type NamedArray, toTorchShape } from '../torch-names.ts';

import { floatsOf, floatTypes } from './element-types.ts';
import { maeAuthorsNaming } from './mae-authors.ts';
import type { WeightNaming } from './naming.ts';
import { timmNaming } from './timm.ts';
import { torchvisionNaming } from './torchvision.ts';

/** The first that recognises a file has it: the MAE authors' names are timm's and more. */
const namings: readonly WeightNaming[] = [maeAuthorsNaming, timmNaming, torchvisionNaming];
const field = 'backbone.weights';
const shownNames = 12;

/** Weights in our layout, by the encoder's own parameter names. */
export interface ImportedWeights {
  format: WeightsFormat;
  values: Record<string, Float32Array>;
}

/** An encoder that weights may be for: its backbone's name, and its parameters under their own names. */
export interface WeightsTarget {
  name: string;
  parameters: readonly ParameterSpec[];
}

/**
 * Whose names a safetensors file of weights uses; checks that its tensors are there and its numbers finite.
 * @throws UsageError for a file that is damaged, of no known naming, or has tensors with NaN or infinity, by their names
 */
export function inspectWeights(bytes: Uint8Array): WeightsFormat {
  const { naming, entries } = readNamed(bytes);
  const wanted = Object.entries(entries).filter(([name]) => naming.parameterOf(name) !== null);
  valuesOf(Object.fromEntries(wanted));
  return naming.format;
}

/**
 * A safetensors file of pretrained weights as the parameters of an encoder: names mapped, torch's layout changed to ours,
 * F16, BF16 and F64 converted to float32.
 * @throws UsageError naming all tensors that are missing, unexpected, misshapen, of no float type or not finite
 */
export function importWeights(target: WeightsTarget, bytes: Uint8Array): ImportedWeights {
  const { format, tensors } = fittingTensors(target, bytes);
  const values = target.parameters.map(
    ({ name }) => [name, fromTorchLayout(tensors[name] as NamedArray).data] as const,
  );
  return { format, values: Object.fromEntries(values) };
}

/** What `importWeights` checks, without the work of changing layouts. @throws UsageError as it does */
export function checkWeightsFit(target: WeightsTarget, bytes: Uint8Array): WeightsFormat {
  return fittingTensors(target, bytes).format;
}

/** The encoder's tensors by its own names, in torch's layout. */
function fittingTensors(target: WeightsTarget, bytes: Uint8Array) {
  const { naming, entries } = readNamed(bytes);
  if (!naming.backbones.includes(target.name))
    throw new UsageError(`${field}: the file has the names of ${naming.title}, the backbone is ${target.name}`, {
      field,
      remedy: `they are for ${naming.backbones.join(', ')}`,
    });
  const found: Record<string, SafetensorsEntry> = {};
  for (const [name, entry] of Object.entries(entries)) {
    const parameter = naming.parameterOf(name);
    if (parameter !== null) found[parameter] = entry;
  }
  checkNames(target, found);
  return { format: naming.format, tensors: valuesOf(found) };
}

function readNamed(bytes: Uint8Array): { naming: WeightNaming; entries: Record<string, SafetensorsEntry> } {
  const entries = readEntries(bytes);
  const names = Object.keys(entries);
  const naming = namings.find(({ recognises }) => recognises(names));
  if (naming) return { naming, entries };
  throw new UsageError(`${field}: the names in the file are of no kind that is known: ${listed(names)}`, {
    field,
    remedy: `known are ${namings.map(({ title }) => title).join(', ')}`,
  });
}

function readEntries(bytes: Uint8Array): Record<string, SafetensorsEntry> {
  try {
    return entriesOfSafetensors(bytes);
  } catch (cause) {
    if (!(cause instanceof FormatError)) throw cause;
    throw new UsageError(`${field}: ${cause.message}`, {
      cause,
      field,
      remedy: 'give a whole safetensors file; a .pth file is converted by safetensors.torch.save_file',
    });
  }
}

/** @throws UsageError with what is missing, unexpected and misshapen, each by name */
function checkNames({ name: backbone, parameters }: WeightsTarget, found: Record<string, SafetensorsEntry>): void {
  const wanted = new Map(parameters.map(({ name, shape }) => [name, toTorchShape(shape)]));
  const missing = [...wanted.keys()].filter((name) => !Object.hasOwn(found, name));
  const unexpected = Object.keys(found).filter((name) => !wanted.has(name));
  const misshapen = [...wanted].flatMap(([name, shape]) => {
    const got = Object.hasOwn(found, name) ? (found[name] as SafetensorsEntry).shape : shape;
    return String(got) === String(shape) ? [] : [misfit(name, got, shape)];
  });
  const wrong = Object.entries({ missing, unexpected, misshapen }).filter(([, names]) => names.length > 0);
  if (wrong.length === 0) return;
  const lists = wrong.map(([what, names]) => `${what} ${listed(names)}`);
  throw new UsageError(`${field}: the file does not fit ${backbone}: ${lists.join('; ')}`, {
    field,
    remedy:
      'give the file of this backbone, or set backbone.options (stem, width, patchSize, depth, pool) and image.size to its own',
  });
}

function misfit(name: string, got: readonly number[], wanted: readonly number[]): string {
  const text = `${name} [${got.join(', ')}] instead of [${wanted.join(', ')}]`;
  const [from, to] = [got, wanted].map(([, tokens]) => gridOf(tokens as number));
  return name === 'pos_embed' && from && to ? `${text} (positions of ${from}, the images have ${to})` : text;
}

/** The square grid of patches of a number of positions, with a class token or without. */
function gridOf(tokens: number): string | undefined {
  for (const special of [0, 1]) {
    const side = Math.sqrt(tokens - special);
    if (Number.isInteger(side)) return `${side} × ${side} patches${special === 1 ? ' and a class token' : ''}`;
  }
  return undefined;
}

function valuesOf(entries: Record<string, SafetensorsEntry>): Record<string, NamedArray> {
  const values: Record<string, NamedArray> = {};
  const [wrongTypes, notFinite]: [string[], string[]] = [[], []];
  for (const [name, entry] of Object.entries(entries)) {
    const floats = floatsOf(entry);
    if (!floats) wrongTypes.push(`${name} (${entry.dtype})`);
    else if (!floats.every(Number.isFinite)) notFinite.push(`${name} (${firstNotFinite(floats)})`);
    else values[name] = { shape: entry.shape, data: floats };
  }
  if (wrongTypes.length > 0)
    throw new UsageError(`${field}: tensors of no float type: ${listed(wrongTypes)}`, {
      field,
      remedy: `weights are ${floatTypes.join(', ')}`,
    });
  if (notFinite.length > 0)
    throw new UsageError(`${field}: tensors that hold NaN or infinity: ${listed(notFinite)}`, {
      field,
      remedy: 'the file is damaged, or its training had diverged: take another',
    });
  return values;
}

function firstNotFinite(values: Float32Array): string {
  const at = values.findIndex((value) => !Number.isFinite(value));
  return `${values[at]} at ${at}`;
}

/** Names with their count, cut where they are many. */
function listed(names: readonly string[]): string {
  const shown = names.slice(0, shownNames).join(', ');
  return names.length > shownNames ? `${shown}, … (${names.length})` : shown || 'none';
}
