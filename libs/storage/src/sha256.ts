import { createHash } from 'node:crypto';

/** Hexadecimal sha256 of bytes, by Node's native code: for shards, blocks and tensors. */
export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
