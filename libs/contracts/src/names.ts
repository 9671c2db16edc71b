import { z } from 'zod';

/** A name that becomes part of keys and subjects: no dots, slashes or spaces, at most 64 characters. */
export const nameSchema = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9_-]{0,63}$/,
    'lower-case letters, digits, "-" and "_", at most 64, starting with a letter or digit',
  );

/** A sha256 in hexadecimal. */
export const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/, 'a sha256 in hexadecimal (64 digits)');

export const splitSchema = z.enum(['train', 'tune', 'eval']);
export type Split = z.infer<typeof splitSchema>;

export const countSchema = z.int().nonnegative();
export const positiveSchema = z.int().positive();
