import { grads, type Tensor, tensor, tidy } from '@tensorflow/tfjs-core';

import { ConflictError } from '#lib/contracts';

import { type Module, type Scope, scopeOf } from './module.ts';
import { fromTorchState, toTorchLayout } from './torch-names.ts';

/** A golden case of a layer, as the tests' loader gives it. */
export interface LayerCase {
  name: string;
  tensors: Record<string, unknown>;
  tensor(name: string): { data: ArrayLike<number>; shape: number[] };
  /** Throws unless the values are close to the case's. */
  expectClose(name: string, got: ArrayLike<number>, shape: readonly number[]): void;
}

type State = Record<string, Tensor>;

/**
 * Holds a module against a golden layer case, for tests: its parameters are the case's, forward and all gradients of
 * sum(y · dy) in training, running statistics after two passes, forward in evaluation.
 *
 * @param evaluated further comparisons, with a scope in evaluation mode
 * @throws with the first tensor that differs
 */
export function checkModule(golden: LayerCase, module: Module, evaluated?: (scope: Scope, x: Tensor) => void): void {
  tidy(() => {
    const state = loadState(golden, module);
    const [x, dy] = [read(golden, 'in/x'), read(golden, has(golden, 'in/dy') ? 'in/dy' : 'out/dy')];
    if (!has(golden, 'out/y_train')) {
      checkTraining(golden, module, { state, dy, y: 'out/y' });
      return evaluated?.(scopeOf(state, false), x);
    }
    const first = checkTraining(golden, module, { state, dy, y: 'out/y_train' });
    checkStatistics(golden, 'after1/', first);
    const second = scopeOf({ ...state, ...first }, true);
    compare(golden, 'out/y_train2', module.forward(second, read(golden, 'in/x2')));
    checkStatistics(golden, 'after2/', second.written);
    const evaluation = scopeOf({ ...state, ...second.written }, false);
    compare(golden, 'out/y_eval', module.forward(evaluation, x));
    evaluated?.(evaluation, x);
    for (const kept of [...Object.values(first), ...Object.values(second.written)]) kept.dispose();
  });
}

/** Compares one tensor with the case's of this name. */
export function compare(golden: LayerCase, name: string, got: Tensor): void {
  golden.expectClose(name, got.dataSync(), got.shape);
}

function read(golden: LayerCase, name: string): Tensor {
  const { data, shape } = golden.tensor(name);
  return tensor(data as Float32Array, shape);
}

function has(golden: LayerCase, name: string): boolean {
  return name in golden.tensors;
}

/** The name and value here of a torch entry; undefined for one that has no counterpart. */
function loadEntry(golden: LayerCase, torchName: string): [string, Tensor] | undefined {
  const { data, shape } = golden.tensor(torchName);
  const [entry] = Object.entries(fromTorchState({ [torchName]: { data: data as Float32Array, shape } }));
  return entry && [entry[0], tensor(entry[1].data, entry[1].shape)];
}

function loadState(golden: LayerCase, module: Module): State {
  const names = Object.keys(golden.tensors).filter((name) => !name.includes('/'));
  const entries = names.map((name) => loadEntry(golden, name)).filter((entry) => entry !== undefined);
  const listed = (list: [string, { shape: number[] }][]) =>
    list.map(([name, { shape }]) => `${name} [${shape}]`).sort();
  const [want, got] = [listed(entries), listed(module.parameters.map((spec) => [spec.name, spec]))];
  mustMatch(golden, 'parameters', want, got);
  return Object.fromEntries(entries);
}

interface Training {
  state: State;
  dy: Tensor;
  /** Name of the expected output. */
  y: string;
}

/** Forward in training with all gradients of sum(y · dy); returns what the pass wrote. */
function checkTraining(golden: LayerCase, module: Module, { state, dy, y }: Training): State {
  const trained = module.parameters.filter(({ trainable }) => trainable).map(({ name }) => name);
  let written: State = {};
  const gradients = grads((x: Tensor, ...values: Tensor[]) => {
    const current = Object.fromEntries(trained.map((name, i) => [name, values[i] as Tensor]));
    const scope = scopeOf({ ...state, ...current }, true);
    written = scope.written;
    const result = module.forward(scope, x);
    compare(golden, y, result);
    return result;
  })([read(golden, 'in/x'), ...trained.map((name) => state[name] as Tensor)], dy);
  const names = ['x', ...trained];
  const expected = Object.keys(golden.tensors).filter((name) => name.startsWith('grad/'));
  const ours = expected.map((name) => (name === 'grad/x' ? 'x' : (loadEntry(golden, name.slice(5))?.[0] as string)));
  mustMatch(golden, 'gradients', ours.toSorted(), names.toSorted());
  for (const [i, name] of expected.entries()) {
    const gradient = gradients[names.indexOf(ours[i] as string)] as Tensor;
    const values = { data: gradient.dataSync() as Float32Array, shape: gradient.shape };
    const { data, shape } = name === 'grad/x' ? values : toTorchLayout(values);
    golden.expectClose(name, data, shape);
  }
  return written;
}

function checkStatistics(golden: LayerCase, prefix: string, written: State): void {
  const names = Object.keys(golden.tensors).filter((name) => name.startsWith(prefix) && !name.endsWith('_tracked'));
  const want = names.map((name) => name.slice(prefix.length)).sort();
  mustMatch(golden, `${prefix}statistics`, want, Object.keys(written).sort());
  for (const name of names) compare(golden, name, written[name.slice(prefix.length)] as Tensor);
}

function mustMatch(golden: LayerCase, what: string, want: string[], got: string[]): void {
  if (want.join('\n') !== got.join('\n'))
    throw new ConflictError(`${golden.name}: ${what} are ${got.join(', ')}; the case has ${want.join(', ')}`);
}
