import { FormatError, type Shard } from '#lib/contracts';

/** What reading shards takes: objects, and sha256 in hexadecimal, storage's on Node, since native code is several times faster. */
export interface ShardSource {
  store: { get(key: string): Promise<{ bytes: Uint8Array } | undefined>; describe(): string };
  sha256(bytes: Uint8Array): string;
}

const remedy =
  'ingest the same images again, with the same name and options: what was lost is written anew; then ./unlabel dead-letters retry, or resume the run';

/**
 * The bytes of a shard, checked against the digest that the index of its dataset gives.
 * @throws FormatError for one that is not there, and one of other bytes, naming key, both digests and size
 */
export async function requireShard({ store, sha256 }: ShardSource, shard: Shard): Promise<Uint8Array> {
  const { key, sha256: expected } = shard;
  const object = await store.get(key);
  if (!object) throw new FormatError(`${key} is in the index but not in ${store.describe()}`, { remedy });
  const found = sha256(object.bytes);
  if (found === expected) return object.bytes;
  throw new FormatError(
    `${key}: truncated or altered: expected sha256 ${expected}, found ${found} (${object.bytes.length} bytes)`,
    { remedy },
  );
}
