/** An object with the version that its replacement must name. */
export interface StoredObject {
  bytes: Uint8Array;
  /** opaque: compare it, pass it to `replace`, derive nothing from it */
  version: string;
}

/**
 * Objects under keys, with the two exclusive writes that everything else rests on: `create` has exactly one winner, and
 * so has `replace` of one version. Reads see the last completed write. Drivers: `openFileStore`, `openS3Store`, `openMemoryStore`;
 * `contract.ts` says what all of them must do.
 *
 * Every operation throws UsageError for a key that some store could not hold (`checkKey`), and StorageError when the
 * store can't be reached or refuses; its `transient` says whether waiting can help (`waitingStore` does).
 */
export interface ObjectStore {
  /** What and where the store is, for messages: its URL without credentials. */
  describe(): string;
  /** Size and version, or undefined when there is no such object. */
  head(key: string): Promise<{ sizeBytes: number; version: string } | undefined>;
  /** The whole object, or undefined when there is none. */
  get(key: string): Promise<StoredObject | undefined>;
  /**
   * Writes an object unless the key is taken (If-None-Match: *). Of concurrent creators exactly one gets 'created';
   * the object appears whole or not at all.
   */
  create(key: string, bytes: Uint8Array): Promise<'created' | 'exists'>;
  /**
   * Replaces the object if it still has `version` (If-Match); `undefined` means that there must be none yet.
   * Bytes that come back may bring their version back (S3's is their digest), so what is replaced holds a nonce.
   * @returns the new version, or undefined when the race was lost: another version, or no object at all
   */
  replace(key: string, bytes: Uint8Array, version: string | undefined): Promise<string | undefined>;
  /** Every object whose key starts with `prefix` (any string, also part of a component), in byte order of the keys. S3 reads all pages first. */
  list(prefix: string): AsyncIterable<ListedObject>;
  /**
   * Names of the folders directly below a folder, in byte order; it costs what they are, not what lies in them. One whose last
   * object was just removed may still be among them.
   * @param folder empty, or with its slash
   */
  folders(folder: string): Promise<string[]>;
  /** Removes the object; succeeds when there is none. */
  delete(key: string): Promise<void>;
}

export interface ListedObject {
  key: string;
  sizeBytes: number;
  /** when it was written, by the store's clock, in milliseconds since 1970; for people alone, nothing rests on it */
  writtenMs: number;
}
