import { FormatError } from '#lib/contracts';

/**
 * Checks bytes against the digest that an index or a manifest gives.
 * @param sha256 hexadecimal sha256 of bytes: storage's on Node, since native code is several times faster than any other
 * @throws FormatError naming the key, both digests and the size
 */
export function verify(
  bytes: Uint8Array,
  sha256Expected: string,
  sha256: (bytes: Uint8Array) => string,
  key: string,
): void {
  const found = sha256(bytes);
  if (found === sha256Expected) return;
  throw new FormatError(
    `${key}: truncated or altered: expected sha256 ${sha256Expected}, found ${found} (${bytes.length} bytes)`,
    { remedy: 'remove that object and make it again (ingest the dataset again for a shard)' },
  );
}
