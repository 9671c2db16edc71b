/** An operation of a recorded step; ids name tensors within the trace. */
export interface TracedOperation {
  name: string;
  inputs: number[];
  outputs: { id: number; bytes: number }[];
}

/** What a step's memory depends on: its operations in the order of the record, and the state that they replace. */
export interface StepTrace {
  operations: TracedOperation[];
  /** each entry's value before the step, its size, and the tensor that replaces it; undefined: it stays */
  state: { id: number; bytes: number; next: number | undefined }[];
  /** inputs as the step reads them */
  inputs: { id: number; bytes: number }[];
  /** what an eager run of the step holds at most, state and inputs included */
  eagerPeakBytes: number;
}
