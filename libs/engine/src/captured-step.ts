import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { tensor, type Tensor, tidy } from '@tensorflow/tfjs-core';

import type { Binding } from './binding.ts';
import { attribute, dataType, Graph } from './graph.ts';
import { native } from './native.ts';
import { Recorder } from './recorder.ts';
import { inputOf, sizeOf, type Step, type StepFunction, type StepOptions, stateOf, type TensorSpec } from './step.ts';

const float = { dtype: attribute.type(dataType.float) };

/** What recording a step gave: its graph and the nodes to feed and fetch. */
interface Recorded {
  graph: Graph;
  operations: number;
  /** names of the outputs, in the order in which their nodes `out0`, `out1` … are fetched */
  outputs: string[];
}

/**
 * Records a step once, as a TensorFlow graph, and replays it with one native call. State lives in resource variables of
 * the graph's session: read at the start of the step, assigned at its end. Recording runs the step on zeros; the state
 * after it is what was given, so capturing is no step.
 */
export function capturedStep(fn: StepFunction, options: StepOptions): Step {
  const { binding } = native().backend;
  const { graph, outputs, operations } = record(fn, options);
  const session = load(binding, graph);
  const names = Object.keys(options.state);
  const inputs = Object.entries(options.inputs);
  const inputNames = inputs.map((_, i) => `in${i}`).join(',');
  const fetches = [...outputs.map((_, i) => `out${i}`), 'done'].join(',');
  const writeState = (state: Record<string, Float32Array>) => write(binding, session, names, options, state);
  writeState(Object.fromEntries(Object.entries(options.state).map(([name, { values }]) => [name, values])));
  return {
    info: { engine: 'captured', operations, constantBytes: graph.constantBytes },
    run(fed) {
      const arrays = inputs.map(([name, spec]) => [inputOf(fed, name, spec), spec] as const);
      const ids = arrays.map(([values, { shape, dtype }]) => binding.createTensor(shape, nativeType(dtype), values));
      try {
        const results = fetch(binding, session, ids, inputNames, fetches);
        return Object.fromEntries(outputs.map((name, i) => [name, results[i] as Float32Array]));
      } finally {
        for (const id of ids) binding.deleteTensor(id);
      }
    },
    readState() {
      if (names.length === 0) return {};
      const values = fetch(binding, session, [], '', names.map((_, i) => `s${i}_get`).join(','));
      return Object.fromEntries(names.map((name, i) => [name, values[i] as Float32Array]));
    },
    writeState,
    dispose: () => binding.deleteSavedModel(session),
  };
}

const nativeType = (dtype: TensorSpec['dtype']): number => (dtype === 'float32' ? dataType.float : dataType[dtype]);

/** One call of the session; every fetched tensor is copied out and freed. */
function fetch(
  binding: Binding,
  session: number,
  ids: number[],
  inputNames: string,
  outputNames: string,
): Float32Array[] {
  return binding.runSavedModel(session, ids, inputNames, outputNames).map(({ id }) => {
    const values = Float32Array.from(binding.tensorDataSync(id));
    binding.deleteTensor(id);
    return values;
  });
}

function write(
  binding: Binding,
  session: number,
  names: string[],
  options: StepOptions,
  state: Record<string, Float32Array>,
): void {
  for (const [name, values] of Object.entries(state)) {
    const shape = options.state[name]?.shape;
    const id = binding.createTensor(shape ?? [], dataType.float, stateOf(values, name, shape));
    const i = names.indexOf(name);
    try {
      fetch(binding, session, [id], `s${i}_init`, `s${i}_written`);
    } finally {
      binding.deleteTensor(id);
    }
  }
}

function record(fn: StepFunction, { state, inputs }: StepOptions): Recorded {
  const { backend } = native();
  const graph = new Graph();
  const recorder = new Recorder(backend, graph);
  const share = randomUUID(); // two steps never share variables, even under one name
  let recorded: Recorded | undefined;
  tidy(() => {
    const stateTensors: Record<string, Tensor> = {};
    Object.entries(state).forEach(([name, { shape, values }], i) => {
      stateTensors[name] = tensor(Float32Array.from(values), shape, 'float32');
      recorder.declare(stateTensors[name], variable(graph, i, shape, share));
    });
    const inputTensors: Record<string, Tensor> = {};
    Object.entries(inputs).forEach(([name, { shape, dtype }], i) => {
      const zeros = dtype === 'int32' ? new Int32Array(sizeOf(shape)) : new Float32Array(sizeOf(shape));
      inputTensors[name] = tensor(zeros, shape, dtype === 'int32' ? 'int32' : 'float32');
      recorder.declare(inputTensors[name], input(graph, i, shape, dtype));
    });
    const outputs = recorder.record(() => {
      const made = fn({ ...stateTensors }, { ...inputTensors });
      const assigned = Object.entries(made.state).map(([name, next]) => {
        const i = Object.keys(state).indexOf(name);
        return graph.add('AssignVariableOp', [`s${i}`, recorder.symbolOf(next), `^s${i}_read`], float);
      });
      Object.values(made.outputs).forEach((output, i) => {
        graph.add('Identity', [recorder.symbolOf(output)], { T: attribute.type(dataType.float) }, `out${i}`);
      });
      const zero = graph.constant(dataType.float, [], new Uint8Array(4));
      graph.add(
        'Identity',
        [zero, ...assigned.map((node) => `^${node}`)],
        { T: attribute.type(dataType.float) },
        'done',
      );
      return Object.keys(made.outputs);
    });
    recorded = { graph, outputs, operations: recorder.operations };
  });
  return recorded as unknown as Recorded;
}

/** A variable of the session: its handle, the one read at the start of the step, a read for outside, and a write from outside. */
function variable(graph: Graph, i: number, shape: number[], share: string): string {
  const name = `s${i}`;
  graph.add(
    'VarHandleOp',
    [],
    {
      ...float,
      shape: attribute.shape(shape),
      shared_name: attribute.string(`${share}/${name}`),
      container: attribute.string(''),
    },
    name,
  );
  const initial = graph.placeholder(dataType.float, shape, `${name}_init`);
  const assigned = graph.add('AssignVariableOp', [name, initial], float);
  graph.add(
    'Identity',
    [graph.constant(dataType.float, [], new Uint8Array(4)), `^${assigned}`],
    { T: attribute.type(dataType.float) },
    `${name}_written`,
  );
  graph.add('ReadVariableOp', [name], float, `${name}_get`);
  return graph.add('ReadVariableOp', [name], float, `${name}_read`);
}

/** An input; bytes are handed over as bytes and become floats inside the graph. */
function input(graph: Graph, i: number, shape: number[], dtype: TensorSpec['dtype']): string {
  const fed = graph.placeholder(nativeType(dtype), shape, `in${i}`);
  if (dtype !== 'uint8') return fed;
  return graph.add('Cast', [fed], {
    SrcT: attribute.type(dataType.uint8),
    DstT: attribute.type(dataType.float),
    Truncate: attribute.boolean(false),
  });
}

/** Loads a graph into a session of its own; the file it goes through is gone afterwards. */
function load(binding: Binding, graph: Graph): number {
  const folder = mkdtempSync(join(tmpdir(), 'unlabel-step-'));
  try {
    writeFileSync(join(folder, 'saved_model.pb'), graph.savedModel());
    return binding.loadSavedModel(folder, 'serve');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
