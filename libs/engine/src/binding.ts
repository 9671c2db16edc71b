/**
 * The parts of tfjs-node's native binding (its binding/tfjs_backend.cc) that the engine uses. Ids name tensors in native
 * memory and are never reused.
 */
export interface Binding {
  readonly TF_ATTR_STRING: number;
  readonly TF_ATTR_INT: number;
  readonly TF_ATTR_FLOAT: number;
  readonly TF_ATTR_BOOL: number;
  readonly TF_ATTR_TYPE: number;
  readonly TF_ATTR_SHAPE: number;
  readonly TF_Version: string;
  /** May share the memory of `values` as long as the tensor lives, in native code as well. */
  createTensor(shape: number[], dtype: number, values: ArrayBufferView): number;
  deleteTensor(id: number): void;
  /** A copy of the values. */
  tensorDataSync(id: number): Float32Array;
  executeOp(name: string, attributes: OpAttribute[], inputs: number[], outputs: number): OutputInfo[];
  loadSavedModel(folder: string, tags: string): number;
  deleteSavedModel(id: number): void;
  /** Names are comma-separated; feeds inputs and fetches outputs in one call of the session. */
  runSavedModel(id: number, inputs: number[], inputNames: string, outputNames: string): OutputInfo[];
  isUsingGpuDevice(): boolean;
  getNumOfTensors(): number;
  getNumOfSavedModels(): number;
}

export interface OpAttribute {
  name: string;
  type: number;
  value: unknown;
}

export interface OutputInfo {
  id: number;
  shape: number[];
  dtype: number;
}

/** What the backend keeps of a tensor: values that are not uploaded yet, else the id of native memory. */
export interface TensorRecord {
  shape: number[];
  dtype: number;
  id: number;
  values: ArrayBufferView | null;
}

export interface TensorInfo {
  dataId: object;
  shape: number[];
  dtype: 'float32' | 'int32' | 'bool' | 'complex64' | 'string';
}

/** The parts of tfjs-node's backend that the engine uses or stands in for while it records. */
export interface NativeBackend {
  /**
   * What of the processor the own kernels use; without it none are in use, and their work is composed of TensorFlow's operations.
   * libs/tensor reads it.
   */
  ownKernels?: string;
  binding: Binding;
  tensorMap: { get(dataId: object): TensorRecord; has(dataId: object): boolean };
  getInputTensorIds(tensors: TensorInfo[]): number[];
  write(values: ArrayBufferView, shape: number[], dtype: string): object;
  readSync(dataId: object): ArrayBufferView;
  /** Whether the data are gone, which they are with the last reference. */
  disposeData(dataId: object, force?: boolean): boolean;
  /** @param place 'layer': a product of a layer, which may be computed in a narrower type; the real backend takes no notice */
  executeSingleOutput(name: string, attributes: OpAttribute[], inputs: TensorInfo[], place?: 'layer'): TensorInfo;
  executeMultipleOutputs(name: string, attributes: OpAttribute[], inputs: TensorInfo[], outputs: number): TensorInfo[];
}
