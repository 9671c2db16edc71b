import { canonicalJson, FormatError, NotFoundError } from '#lib/contracts';

import type { ObjectStore } from './object-store.ts';

/** What reads JSON: a zod schema, or anything with its `safeParse`. */
interface Schema<T> {
  safeParse(
    value: unknown,
  ): { success: true; data: T } | { success: false; error: { issues: { path: PropertyKey[]; message: string }[] } };
}

/** A value as canonical JSON bytes: equal values give equal objects. */
export const jsonBytes = (value: unknown): Uint8Array => new TextEncoder().encode(canonicalJson(value));

/** Parses an object's bytes. @throws FormatError that names key, field and rule */
export function parseJson<T>(bytes: Uint8Array, schema: Schema<T>, key: string): T {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new FormatError(`${key}: not JSON (${bytes.length} bytes)`, { cause });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new FormatError(`${key}: ${issue?.path.join('.') || 'value'}: ${issue?.message ?? 'not what its format says'}`);
}

/** Reads a JSON object with its version, or undefined if there is none. */
export async function getJson<T>(
  store: Pick<ObjectStore, 'get'>,
  key: string,
  schema: Schema<T>,
): Promise<{ value: T; version: string } | undefined> {
  const object = await store.get(key);
  return object && { value: parseJson(object.bytes, schema, key), version: object.version };
}

/** Reads a JSON object that must be there. @throws NotFoundError naming key and store */
export async function requireJson<T>(
  store: Pick<ObjectStore, 'get' | 'describe'>,
  key: string,
  schema: Schema<T>,
): Promise<T> {
  const found = await getJson(store, key, schema);
  if (!found) throw new NotFoundError(`${key} does not exist in ${store.describe()}`);
  return found.value;
}
