import type { ComputePrecision } from '#lib/contracts';

import { native } from './native.ts';
import { nativeType, nodes, recordStep } from './record-step.ts';
import { Session } from './session.ts';
import { checkState, inputOf, type Step, type StepFunction, type StepOptions } from './step.ts';
import type { StepTrace } from './trace.ts';
import { dataType } from './graph.ts';

/**
 * Records a step once, as a TensorFlow graph, and replays it with one native call. State lives in resource variables of
 * the graph's session: read at the start of the step, assigned at its end. Recording runs no operation, so that capturing is no
 * step.
 */
export function capturedStep(
  fn: StepFunction,
  options: StepOptions & { precision?: ComputePrecision | undefined },
  admit?: (trace: StepTrace) => void,
): Step {
  const { graph, outputs, trace } = recordStep(fn, options);
  admit?.(trace);
  const session = new Session(native().backend.binding, graph);
  const names = Object.keys(options.state);
  const inputs = Object.entries(options.inputs);
  const inputNodes = inputs.map((_, i) => nodes.input(i)).join(',');
  const fetchNodes = [...outputs.map((_, i) => nodes.output(i)), nodes.done].join(',');
  const stateNodes = names.map((_, i) => nodes.state(i)).join(',');
  const writeNodes = names.map((_, i) => nodes.writing(i)).join(',');

  const readState = () => (names.length > 0 ? zip(names, session.run([], '', stateNodes)) : {});
  const writeAll = (values: Record<string, Float32Array>) => {
    const feeds = Object.entries(options.state).map(([name, { shape }]) => {
      return { shape, type: dataType.float, values: values[name] as Float32Array };
    });
    if (names.length > 0) session.run(feeds, writeNodes, nodes.written);
  };
  try {
    writeAll(Object.fromEntries(Object.entries(options.state).map(([name, { values }]) => [name, values])));
  } catch (error) {
    session.dispose();
    throw error;
  }
  return {
    info: {
      engine: 'captured',
      operations: trace.operations.length,
      constantBytes: graph.constantBytes,
    },
    run(fed) {
      const feeds = inputs.map(([name, spec]) => {
        return { shape: spec.shape, type: nativeType(spec.dtype), values: inputOf(fed, name, spec) };
      });
      return zip(outputs, session.run(feeds, inputNodes, fetchNodes));
    },
    readState,
    writeState(values) {
      checkState(values, options.state);
      // One signature for all writes: TensorFlow prepares the graph anew for each set of feeds.
      writeAll(names.every((name) => name in values) ? values : { ...readState(), ...values });
    },
    dispose: () => session.dispose(),
  };
}

const zip = (names: readonly string[], values: readonly Float32Array[]) =>
  Object.fromEntries(names.map((name, i) => [name, values[i] as Float32Array]));
