import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';

import { extract } from 'tar-stream';

import { UnlabelError } from '#lib/contracts';

import type { CatalogueDataset } from './catalogue-dataset.ts';
import { inOwnFolder, keepPartial, takeOver } from './download.ts';
import { type Picture, writeImageTar } from './image-tar.ts';

const url = 'https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz';
const md5 = 'c32a1d4ab5d03f1284b67883e8d87530'; // the digest its authors publish beside the file
const archiveName = 'cifar-10-binary.tar.gz';
const sizeBytes = 170_052_171;
const side = 32;
const rowBytes = 1 + 3 * side * side;
const classes = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];

/** CIFAR-10 from its authors' page: 50,000 training and 10,000 test images. */
export const cifar10: CatalogueDataset = {
  name: 'cifar10',
  title: 'CIFAR-10: 60,000 colour photographs, 32 × 32, 10 classes',
  from: url,
  async prepare(folder, { log, progress }) {
    const [train, test] = [join(folder, 'train.tar'), join(folder, 'test.tar')];
    if (!existsSync(train) || !existsSync(test)) {
      await inOwnFolder(folder, async (own) => {
        const archive = await download(folder, own, log, progress);
        log('cifar10: converting 60,000 pictures');
        await writeImageTar(train, pictures(archive, /data_batch_\d\.bin$/), progress);
        await writeImageTar(test, pictures(archive, /test_batch\.bin$/), progress);
      });
    }
    return { sources: [train], evalSources: [test] };
  },
};

/** Downloads the archive into a folder of its own, going on where an earlier try ended, and checks it. */
async function download(
  folder: string,
  own: string,
  log: (text: string) => void,
  progress: () => void,
): Promise<string> {
  const file = join(own, archiveName);
  await takeOver(folder, archiveName, file);
  try {
    await fetchRest(file, log, progress);
  } catch (error) {
    await keepPartial(folder, archiveName, file);
    throw error;
  }
  const hash = createHash('md5');
  await pipeline(createReadStream(file), hash);
  if (hash.digest('hex') === md5) return file;
  throw new UnlabelError('cifar10: the archive is not the one its authors publish (md5); it was removed', {
    remedy: 'try again',
  });
}

async function fetchRest(file: string, log: (text: string) => void, progress: () => void): Promise<void> {
  const have = await stat(file).then(
    ({ size }) => size,
    () => 0,
  );
  if (have >= sizeBytes) return;
  log(
    have > 0
      ? `cifar10: going on with the download at ${(have / 1e6).toFixed(0)} of 170 MB`
      : 'cifar10: downloading 170 MB',
  );
  const answer = await fetch(url, {
    headers: have > 0 ? { range: `bytes=${have}-` } : {},
    signal: AbortSignal.timeout(600_000),
  }).catch((cause: Error) => {
    throw unreachable(`${cause.message}${cause.cause instanceof Error ? `: ${cause.cause.message}` : ''}`, cause);
  });
  if (!answer.ok || !answer.body) throw unreachable(`answered ${answer.status}`);
  const flags = answer.status === 206 ? 'a' : 'w';
  await pipeline(
    Readable.fromWeb(answer.body),
    async function* (chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        progress();
        yield chunk;
      }
    },
    createWriteStream(file, { flags }),
  );
}

const unreachable = (why: string, cause?: Error) =>
  new UnlabelError(`cifar10: ${url}: ${why}`, {
    cause,
    remedy: 'check the network, or ingest a tar or folder of CIFAR-10 that you have, or use fashion-mnist',
  });

/** Rows of the binary version: one byte class, then red, green and blue planes. */
async function* pictures(archive: string, member: RegExp): AsyncGenerator<Picture> {
  const entries = extract();
  createReadStream(archive).pipe(createGunzip()).pipe(entries);
  for await (const entry of entries) {
    if (!member.test(entry.header.name)) {
      entry.resume();
      continue;
    }
    const bytes = await buffer(entry);
    const batch = /([a-z_0-9]+)\.bin$/.exec(entry.header.name)?.[1] ?? '';
    for (let at = 0, n = 0; at + rowBytes <= bytes.length; at += rowBytes, n++) {
      const data = new Uint8Array(3 * side * side);
      for (let i = 0; i < side * side; i++)
        for (let c = 0; c < 3; c++) data[3 * i + c] = bytes[at + 1 + c * side * side + i] ?? 0;
      yield {
        name: `${classes[bytes[at] ?? 0]}/${batch}-${String(n).padStart(5, '0')}.png`,
        width: side,
        height: side,
        data,
      };
    }
  }
}
