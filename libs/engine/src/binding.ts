/** The parts of tfjs-node's native binding that the engine uses. Ids name tensors in native memory and are never reused. */
export interface Binding {
  readonly TF_FLOAT: number;
  readonly TF_INT32: number;
  readonly TF_UINT8: number;
  readonly TF_INT64: number;
  readonly TF_BOOL: number;
  readonly TF_ATTR_STRING: number;
  readonly TF_ATTR_INT: number;
  readonly TF_ATTR_FLOAT: number;
  readonly TF_ATTR_BOOL: number;
  readonly TF_ATTR_TYPE: number;
  readonly TF_ATTR_SHAPE: number;
  readonly TF_Version: string;
  createTensor(shape: number[], dtype: number, values: ArrayBufferView): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): Float32Array;
  executeOp(name: string, attributes: OpAttribute[], inputs: number[], outputs: number): OutputInfo[];
  loadSavedModel(folder: string, tags: string): number;
  deleteSavedModel(id: number): void;
  runSavedModel(id: number, inputs: number[], inputNames: string, outputNames: string): OutputInfo[];
  isUsingGpuDevice(): boolean;
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

/** The parts of tfjs-node's backend that the engine uses or stands in for while it records. */
export interface NativeBackend {
  binding: Binding;
  tensorMap: { get(dataId: object): TensorRecord; has(dataId: object): boolean };
  getInputTensorIds(tensors: { dataId: object }[]): number[];
  write(values: ArrayBufferView, shape: number[], dtype: string): object;
}
