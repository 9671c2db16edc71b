import { UnlabelError } from '#lib/contracts';

/** A step does something that can't be recorded: replayed, it would repeat for ever what happened once. */
export class RecordingError extends UnlabelError {}

/** A step read a tensor that is neither input, state nor made in the step: recorded, it would be frozen for ever. */
export class UndeclaredTensorError extends RecordingError {}
