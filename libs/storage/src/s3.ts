import { randomUUID } from 'node:crypto';

import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
  type S3ClientConfig,
} from '@aws-sdk/client-s3';
import { z } from 'zod';

import { UsageError } from '#lib/contracts';

import { checkFolder, checkKey, checkPrefix } from './keys.ts';
import { type ListedObject, type ObjectStore } from './object-store.ts';
import { attemptsOf, isAbsent, isConflict, isLost, s3Error } from './s3-errors.ts';
import { StorageError } from './storage-error.ts';

export interface S3StoreOptions {
  bucket: string;
  /** put before every key, without slashes at its ends; '' for the bucket's root */
  prefix: string;
  /** replaces the client that the environment configures, for tests */
  client?: Pick<S3Client, 'send'>;
}

const maxPutBytes = 5 * 1024 ** 3;
const connectionTimeoutMs = 5_000;
/** Without a byte in either direction. Longer than the slowest measured contended write (13 s); large uploads may take any time. */
const idleTimeoutMs = 30_000;
const idleTimeout = z.coerce.number().int().min(100).default(idleTimeoutMs);
const conflictRetries = 5;
/** Of the writer, so that a write whose reply was lost knows itself. */
const writerField = 'unlabel-writer';

/**
 * A client configured by the AWS SDK's own environment variables: AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY,
 * AWS_REGION, AWS_PROFILE; AWS_REQUEST_CHECKSUM_CALCULATION=WHEN_REQUIRED for servers that don't know CRC32.
 * A server of one's own has path-style addresses: it rarely has a name for each bucket.
 * UNLABEL_S3_IDLE_MS: after how many milliseconds without a byte a request is made anew, 30000 if absent.
 *
 * @throws UsageError for a time that is none
 */
export function s3Client(environment: NodeJS.ProcessEnv = process.env): S3Client {
  const endpoint = environment['AWS_ENDPOINT_URL_S3'] ?? environment['AWS_ENDPOINT_URL'];
  const named = environment['AWS_REGION'] ?? environment['AWS_DEFAULT_REGION'];
  // A profile brings its own region.
  const region = named ?? (environment['AWS_PROFILE'] === undefined ? 'us-east-1' : undefined);
  return new S3Client({
    forcePathStyle: endpoint !== undefined,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(region === undefined ? {} : { region }),
    ...credentialsOf(environment),
    maxAttempts: 3,
    requestHandler: { connectionTimeout: connectionTimeoutMs, socketTimeout: idleTimeoutOf(environment) },
  });
}

function idleTimeoutOf({ UNLABEL_S3_IDLE_MS: text }: NodeJS.ProcessEnv): number {
  const parsed = idleTimeout.safeParse(text === '' ? undefined : text);
  if (parsed.success) return parsed.data;
  throw new UsageError(`UNLABEL_S3_IDLE_MS: "${text}" is not allowed`, {
    field: 'UNLABEL_S3_IDLE_MS',
    remedy: 'give milliseconds, a whole number of at least 100',
  });
}

/** Keys that the environment given has; else the SDK looks for them itself, as for a profile. */
function credentialsOf(environment: NodeJS.ProcessEnv): Pick<S3ClientConfig, 'credentials'> {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_PROFILE } = environment;
  if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY || AWS_PROFILE !== undefined) return {};
  const keys = { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY };
  return { credentials: { ...keys, ...(AWS_SESSION_TOKEN && { sessionToken: AWS_SESSION_TOKEN }) } };
}

/** A bucket, or a prefix of one, as a store. @throws UsageError if the prefix could not be a key */
export function openS3Store({ bucket, prefix, client = s3Client() }: S3StoreOptions): ObjectStore {
  if (prefix !== '') checkKey(prefix);
  const start = prefix === '' ? '' : `${prefix}/`;
  const place = (key: string) => {
    checkKey(key);
    return { Bucket: bucket, Key: start + key };
  };
  const failed = (error: unknown, key: string) => s3Error(error, `[bucket=${bucket}, key=${start}${key}]`);

  const put = (key: string, bytes: Uint8Array, condition: PutCondition) =>
    putExclusive(client, { ...place(key), Body: bufferOf(bytes), ...condition }).catch((error: unknown) => {
      throw failed(error, key);
    });

  return {
    describe: () => `s3://${bucket}${prefix === '' ? '' : `/${prefix}`}`,
    async head(key) {
      const request = new HeadObjectCommand(place(key));
      try {
        const { ContentLength = 0, ETag = '' } = await client.send(request);
        return { sizeBytes: ContentLength, version: ETag };
      } catch (error) {
        if (isAbsent(error)) return undefined;
        throw failed(error, key);
      }
    },
    async get(key) {
      const request = new GetObjectCommand(place(key));
      try {
        const { Body, ETag = '' } = await client.send(request);
        // A body that is not read to its end keeps its socket.
        const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array(0);
        return { bytes: new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength), version: ETag };
      } catch (error) {
        if (isAbsent(error)) return undefined;
        throw failed(error, key);
      }
    },
    create: async (key, bytes) => ((await put(key, bytes, { IfNoneMatch: '*' })) ? 'created' : 'exists'),
    replace: async (key, bytes, version) =>
      put(key, bytes, version === undefined ? { IfNoneMatch: '*' } : { IfMatch: version }),
    async *list(wanted) {
      checkPrefix(wanted);
      const found = await listAll(client, bucket, start + wanted).catch((error: unknown) => {
        throw failed(error, wanted);
      });
      yield* found.map(({ key, ...object }) => ({ key: key.slice(start.length), ...object }));
    },
    async folders(folder) {
      checkFolder(folder);
      return listFolders(client, bucket, start + folder).catch((error: unknown) => {
        throw failed(error, folder);
      });
    },
    async delete(key) {
      const request = new DeleteObjectCommand(place(key));
      await client.send(request).catch((error: unknown) => {
        if (!isAbsent(error)) throw failed(error, key);
      });
    },
  };
}

type PutCondition = { IfNoneMatch: '*' } | { IfMatch: string };

/**
 * One conditional PUT. @returns the new ETag, or undefined when it was lost.
 *
 * A condition that fails answers 412 (404 for If-Match on a missing key). 409 means that another conditional write was under way:
 * nothing is decided, ask again. The SDK repeats a request whose reply was lost; the repetition then gets 412 for its own object,
 * which it knows by the writer's mark. https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 */
async function putExclusive(client: Pick<S3Client, 'send'>, input: PutObjectCommandInput): Promise<string | undefined> {
  const writer = randomUUID();
  let sent = 0;
  for (let conflicts = 0; ; conflicts++) {
    try {
      const { ETag = '' } = await client.send(new PutObjectCommand({ ...input, Metadata: { [writerField]: writer } }));
      return ETag;
    } catch (error) {
      sent += attemptsOf(error);
      if (isLost(error)) return sent > 1 ? await ownVersion(client, input, writer) : undefined;
      if (!isConflict(error) || conflicts >= conflictRetries) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50 * 2 ** conflicts));
    }
  }
}

/** The version of the object if it is this writer's. */
async function ownVersion(
  client: Pick<S3Client, 'send'>,
  { Bucket, Key }: PutObjectCommandInput,
  writer: string,
): Promise<string | undefined> {
  try {
    const { Metadata, ETag } = await client.send(new HeadObjectCommand({ Bucket, Key }));
    return Metadata?.[writerField] === writer ? ETag : undefined;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/**
 * All pages of a listing, sorted: some servers give the keys of folder `a` before `a-b`, though "-" comes before "/".
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
 */
async function listAll(client: Pick<S3Client, 'send'>, bucket: string, prefix: string): Promise<ListedObject[]> {
  const found: ListedObject[] = [];
  for await (const { Contents = [] } of pages(client, { Bucket: bucket, Prefix: prefix }))
    for (const { Key = '', Size = 0, LastModified } of Contents)
      found.push({ key: Key, sizeBytes: Size, writtenMs: LastModified?.getTime() ?? 0 });
  return found.sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** Names of the folders directly below one. */
async function listFolders(client: Pick<S3Client, 'send'>, bucket: string, folder: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { CommonPrefixes = [] } of pages(client, { Bucket: bucket, Prefix: folder, Delimiter: '/' }))
    for (const { Prefix = '' } of CommonPrefixes) names.push(Prefix.slice(folder.length, -1));
  return names.sort();
}

async function* pages(
  client: Pick<S3Client, 'send'>,
  request: { Bucket: string; Prefix: string; Delimiter?: string },
): AsyncGenerator<ListObjectsV2CommandOutput> {
  let token: string | undefined;
  do {
    const page = await client.send(
      new ListObjectsV2Command({ ...request, ...(token !== undefined && { ContinuationToken: token }) }),
    );
    yield page;
    token = page.NextContinuationToken;
    // To stop here would look like a complete listing.
    if (page.IsTruncated && token === undefined)
      throw new StorageError(
        `storage: a cut listing without a token to go on [bucket=${request.Bucket}, prefix=${request.Prefix}]`,
        { transient: false },
      );
  } while (token !== undefined);
}

/** The SDK can send a Buffer again after a lost connection, a stream it can't. */
function bufferOf(bytes: Uint8Array): Buffer {
  if (bytes.length > maxPutBytes)
    throw new UsageError(`storage: an object of ${bytes.length} bytes, S3 takes at most ${maxPutBytes} in one request`);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
