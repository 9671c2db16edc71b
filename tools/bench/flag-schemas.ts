import { z } from 'zod';

/** A flag's value as a number. */
const number = (of: z.ZodNumber) => z.string().transform(Number).pipe(of);

/** A whole number. */
export const countFlag = (from = 1) => number(z.number().int().min(from));

/** A part of something, more than 0 and at most 1. */
export const partFlag = number(z.number().gt(0).max(1));
