import { type SetupError } from './errors.mjs';
export function npmFailure(code: number | string | null, output: string): SetupError;
