import {
  backend,
  engine,
  type NamedAttrMap,
  type NamedTensorMap,
  registerKernel,
  type Tensor,
  type TensorInfo,
} from '@tensorflow/tfjs-core';

/** The part of tfjs-node's backend that runs an operation by name. */
interface OperationRunner {
  binding: Record<'TF_ATTR_TYPE' | 'TF_ATTR_FLOAT' | 'TF_ATTR_INT' | 'TF_ATTR_BOOL' | 'TF_FLOAT', number>;
  executeMultipleOutputs(name: string, attributes: object[], inputs: TensorInfo[], outputs: number): TensorInfo[];
  /** what of the processor they use; set by the engine that has registered them for the device in use */
  ownKernels?: string;
}

/**
 * Whether the backend has the operations of libs/engine/kernels, which do in one pass over memory what is several operations of
 * TensorFlow's. Without them (on a GPU, or an old processor) the same is composed.
 */
export const hasOwnKernels = (): boolean => (backend() as Partial<OperationRunner>).ownKernels !== undefined;

type AttributeKind = 'float' | 'int' | 'bool';

/**
 * Makes an operation of libs/engine/kernels a tfjs kernel of the same name.
 * @param attributes kinds of its attributes by name
 * @param typed whether it has the attribute T, the type of its maps: float32 here, which an engine that records may narrow
 */
export function defineOwnKernel(
  name: string,
  outputs: number,
  { attributes = {}, typed = true }: { attributes?: Record<string, AttributeKind>; typed?: boolean } = {},
): void {
  registerKernel({
    kernelName: name,
    backendName: 'tensorflow',
    kernelFunc({ inputs, backend, attrs }) {
      const { binding, executeMultipleOutputs } = backend as unknown as OperationRunner;
      const types = { float: binding.TF_ATTR_FLOAT, int: binding.TF_ATTR_INT, bool: binding.TF_ATTR_BOOL };
      const given = [
        ...(typed ? [{ name: 'T', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT }] : []),
        ...Object.entries(attributes).map(([key, kind]) => ({ name: key, type: types[kind], value: attrs?.[key] })),
      ];
      const operands = Object.values(inputs) as TensorInfo[];
      return executeMultipleOutputs.call(backend, name, given, operands, outputs);
    },
  });
}

/** Runs such an operation. Inputs in the order of its definition. */
export const runOwnKernel = (name: string, inputs: NamedTensorMap, attributes: NamedAttrMap = {}): Tensor[] =>
  engine().runKernel(name, inputs, attributes) as unknown as Tensor[];
