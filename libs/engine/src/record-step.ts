import { randomUUID } from 'node:crypto';

import { tensor, tidy } from '@tensorflow/tfjs-core';

import type { TensorInfo } from './binding.ts';
import { attribute, dataType, Graph } from './graph.ts';
import type { ComputePrecision } from '#lib/contracts';

import { native } from './native.ts';
import { Recorder } from './recorder.ts';
import type { StepTrace } from './trace.ts';
import { callStep, sizeOf, type StepFunction, type StepOptions, type TensorMap, type TensorSpec } from './step.ts';

const float = { dtype: attribute.type(dataType.float) };
const floats = { T: attribute.type(dataType.float) };

/** What recording a step gave: its graph, the names of its outputs, and what its memory depends on. */
export interface RecordedStep {
  graph: Graph;
  outputs: string[];
  trace: StepTrace;
}

/**
 * Nodes of a recorded step, by position of the input, output or state entry. `done` and `written` end the step and the writing of
 * state.
 */
export const nodes = {
  input: (i: number) => `in${i}`,
  output: (i: number) => `out${i}`,
  /** the step's read of state, which outside uses as well */
  state: (i: number) => `s${i}_read`,
  /** takes state from outside */
  writing: (i: number) => `s${i}_given`,
  done: 'done',
  written: 'written',
};

/** Runs the step once, on tensors that have shapes only, and notes it as a graph. */
export function recordStep(
  fn: StepFunction,
  { state, inputs, precision }: StepOptions & { precision?: ComputePrecision | undefined },
): RecordedStep {
  const { backend } = native();
  const graph = new Graph();
  const recorder = new Recorder(backend, graph, precision);
  const names = Object.keys(state);
  const outputs: string[] = [];
  const entries: StepTrace['state'] = [];
  const read: StepTrace['inputs'] = [];
  const record = () => {
    const stateTensors: TensorMap = {};
    for (const [name, { shape, values }] of Object.entries(state))
      stateTensors[name] = tensor(values, shape, 'float32');
    for (const id of declareState(graph, recorder, stateTensors))
      entries.push({ id, bytes: recorder.sizeBytes(id), next: undefined });
    const inputTensors = declareInputs(graph, recorder, inputs);
    for (const input of Object.values(inputTensors)) {
      const id = recorder.idOf(input);
      read.push({ id, bytes: recorder.sizeBytes(id) });
    }
    callStep(fn, stateTensors, inputTensors, (result) => {
      const assigned = Object.entries(result.state).map(([name, next]) => {
        const i = names.indexOf(name);
        (entries[i] as StepTrace['state'][number]).next = recorder.idOf(next);
        // The edge keeps the step's read ahead of the assignment. No other edge is needed: an assignment exchanges the
        // variable's buffer and writes none, and whoever still holds the old one keeps it.
        return graph.add(
          'AssignVariableOp',
          [`s${i}`, recorder.symbolOf(next, `state ${name}`), `^${nodes.state(i)}`],
          float,
        );
      });
      for (const [name, output] of Object.entries(result.outputs)) {
        const symbol = asFloat(graph, recorder.symbolOf(output, `output ${name}`), output);
        graph.add('Identity', [symbol], floats, nodes.output(outputs.push(name) - 1));
      }
      end(graph, nodes.done, assigned);
    });
  };
  recorder.record(() => tidy(record));
  const { trace: operations, eagerPeakBytes } = recorder;
  return { graph, outputs, trace: { operations, state: entries, inputs: read, eagerPeakBytes } };
}

/** The nodes of state: a handle, the one read at the start of the step, and a write from outside. Returns ids of the reads. */
function declareState(graph: Graph, recorder: Recorder, state: TensorMap): number[] {
  const share = randomUUID(); // two steps never share variables
  const ids: number[] = [];
  const written = Object.values(state).map((value, i) => {
    const shape = attribute.shape(value.shape);
    const variable = {
      ...float,
      shape,
      shared_name: attribute.string(`${share}/${i}`),
      container: attribute.string(''),
    };
    graph.add('VarHandleOp', [], variable, `s${i}`);
    ids.push(recorder.declare(value, graph.add('ReadVariableOp', [`s${i}`], float, nodes.state(i))));
    const given = owned(graph, graph.placeholder(dataType.float, value.shape, nodes.writing(i)));
    return graph.add('AssignVariableOp', [`s${i}`, given], float);
  });
  end(graph, nodes.written, written);
  return ids;
}

/** Bytes are handed over as bytes and become floats inside the graph. */
function declareInputs(graph: Graph, recorder: Recorder, inputs: Record<string, TensorSpec>): TensorMap {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { shape, dtype }], i) => {
      const isInteger = dtype === 'int32';
      const zeros = isInteger ? new Int32Array(sizeOf(shape)) : new Float32Array(sizeOf(shape));
      const example = tensor(zeros, shape, isInteger ? 'int32' : 'float32');
      const fed = graph.placeholder(nativeType(dtype), shape, nodes.input(i));
      if (dtype === 'float32') recorder.declare(example, owned(graph, fed));
      else recorder.declare(example, isInteger ? fed : cast(graph, fed, dataType.uint8));
      return [name, example];
    }),
  );
}

export const nativeType = (dtype: TensorSpec['dtype']): number =>
  dtype === 'float32' ? dataType.float : dataType[dtype];

/**
 * A copy in TensorFlow's own memory. What is fed may be the memory of a JavaScript array: in a variable it would change with the
 * array, and be freed on a thread that must not touch JavaScript.
 */
const owned = (graph: Graph, node: string) => graph.add('DeepCopy', [node], floats);

const cast = (graph: Graph, node: string, from: number) =>
  graph.add('Cast', [node], {
    SrcT: attribute.type(from),
    DstT: attribute.type(dataType.float),
    Truncate: attribute.boolean(false),
  });

function asFloat(graph: Graph, symbol: string, { dtype }: TensorInfo): string {
  if (dtype === 'float32') return symbol;
  return cast(graph, symbol, dtype === 'bool' ? dataType.bool : dataType.int32);
}

/** A scalar to fetch that is there when all `after` is done. */
function end(graph: Graph, name: string, after: readonly string[]): void {
  const zero = graph.constant(dataType.float, [], new Float32Array(1));
  graph.add('Identity', [zero, ...after.map((node) => `^${node}`)], floats, name);
}
