import { UnlabelError } from '#lib/contracts';

/** Tensors whose shapes or sizes don't fit an operation: the message names the function, what it needs and what arrived. */
export class ShapeError extends UnlabelError {}
