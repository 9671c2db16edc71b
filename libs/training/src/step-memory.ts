/** What a step's memory depends on, as the engine's record gives it. Ids name tensors within the record. */
export interface StepTrace {
  operations: { name: string; inputs: number[]; outputs: { id: number; bytes: number }[] }[];
  /** each entry's value before the step, and the tensor that replaces it; undefined: it stays */
  state: { id: number; bytes: number; next: number | undefined }[];
  /** inputs as the step reads them */
  inputs: { id: number; bytes: number }[];
  /** what an eager run of the step holds at most */
  eagerPeakBytes: number;
}

/** Their result is their input's memory under another shape. */
const views = new Set(['Identity', 'Reshape', 'ExpandDims', 'Squeeze']);

/** Element by element: TensorFlow writes the result into an input of the same size that nobody needs any more. */
const inPlace = new Set(
  `Abs Add AddN AddV2 Cast Div DivNoNan Elu Erf Exp Expm1 Log Log1p Maximum Minimum Mul Neg Pow RealDiv Reciprocal Relu
   Relu6 ReluGrad Rsqrt Sigmoid Softmax Softplus Sqrt Square SquaredDifference Sub Tanh`.split(/\s+/),
);

/**
 * Bytes that a recorded step holds at most while it runs, state included: tensors live from the operation that makes them to
 * their last reader, in the order of the record. The executor follows it in the large: a forward pass, then its gradients.
 */
export function stepPeakBytes({ operations, state, inputs }: StepTrace): number {
  const lastUse = new Map<number, number>();
  const rootOf = new Map<number, number>(); // of views: the tensor whose memory they are
  const root = (id: number) => rootOf.get(id) ?? id;
  operations.forEach(({ name, inputs: read, outputs }, at) => {
    for (const id of read) lastUse.set(root(id), at);
    const [source] = read;
    const [made] = outputs;
    if (views.has(name) && source !== undefined && made) rootOf.set(made.id, root(source));
  });
  const stays = new Set(state.map(({ id, next }) => root(next ?? id)));

  const alive = new Map<number, number>();
  let held = 0;
  let peak = 0;
  const allocate = (id: number, bytes: number) => {
    alive.set(id, bytes);
    held += bytes;
  };
  const release = (id: number) => {
    if (stays.has(id)) return;
    held -= alive.get(id) ?? 0;
    alive.delete(id);
  };
  for (const { id, bytes } of [...state, ...inputs]) allocate(id, bytes);
  operations.forEach(({ name, inputs: read, outputs }, at) => {
    const ending = [...new Set(read.map(root))].filter((id) => lastUse.get(id) === at);
    for (const { id, bytes } of outputs) {
      if (rootOf.has(id)) continue;
      const reused = inPlace.has(name)
        ? ending.find((input) => alive.get(input) === bytes && !stays.has(input))
        : undefined;
      if (reused !== undefined) release(reused);
      allocate(id, bytes);
    }
    peak = Math.max(peak, held);
    for (const id of ending) release(id);
    for (const { id } of outputs) if (!lastUse.has(root(id))) release(root(id)); // nobody reads it
  });
  return Math.max(peak, held);
}
