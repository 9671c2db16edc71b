import { randomBytes } from 'node:crypto';
import { mkdir, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { pack } from 'tar-stream';
import { expect, test } from 'vitest';

import { FormatError, UsageError } from '#lib/contracts';
import { temporaryFolder } from '#lib/testing';

import { tarEnd, tarMember, writeFolder, writeTar } from '../fixtures/source.ts';
import { listSources } from './index.ts';

const bytes = Buffer.from('bytes of an image');
const list = (...sources: string[]) => listSources(sources, () => undefined);
const shown = async (...sources: string[]) =>
  (await list(...sources)).images.map(({ id, folder }) => (folder === null ? id : `${id} → ${folder}`));

test('a folder of class folders is listed by id, other files and hidden ones left out', async () => {
  await using folder = await temporaryFolder();
  const files = { 'cat/2.png': bytes, 'cat/1.JPG': bytes, 'dog/a.webp': bytes, 'dog/notes.txt': bytes };
  await writeFolder(folder.path, { ...files, '.hidden/x.png': bytes, 'dog/._a.png': bytes });
  expect(await shown(folder.path)).toEqual(['cat/1.JPG → cat', 'cat/2.png → cat', 'dog/a.webp → dog']);
});

test('a flat folder and a folder with one class have no classes', async () => {
  await using folder = await temporaryFolder();
  await writeFolder(join(folder.path, 'flat'), { 'b.png': bytes, 'a.png': bytes });
  await writeFolder(join(folder.path, 'one'), { 'all/a.png': bytes });
  expect(await shown(join(folder.path, 'flat'))).toEqual(['a.png', 'b.png']);
  expect(await shown(join(folder.path, 'one'))).toEqual(['all/a.png']);
});

test('several folders are united: ids begin with the name of their source, classes are shared', async () => {
  await using folder = await temporaryFolder();
  const [one, two] = [join(folder.path, 'train.X1'), join(folder.path, 'train.X2')];
  await writeFolder(one, { 'n01/a.png': bytes, 'n02/a.png': bytes });
  await writeFolder(two, { 'n02/a.png': bytes, 'n03/a.png': bytes });
  expect(await shown(one, two)).toEqual([
    'train.X1/n01/a.png → n01',
    'train.X1/n02/a.png → n02',
    'train.X2/n02/a.png → n02',
    'train.X2/n03/a.png → n03',
  ]);
});

test('links to images are followed', async () => {
  await using folder = await temporaryFolder();
  await writeFolder(folder.path, { 'real/a.png': bytes });
  await mkdir(join(folder.path, 'links'));
  await symlink(join(folder.path, 'real/a.png'), join(folder.path, 'links/b.png'));
  const { images } = await list(folder.path);
  expect(images.map(({ id, sizeBytes }) => [id, sizeBytes])).toEqual([
    ['links/b.png', bytes.length],
    ['real/a.png', bytes.length],
  ]);
});

test('a link to nothing is set aside by name', async () => {
  await using folder = await temporaryFolder();
  await writeFolder(folder.path, { 'a.png': bytes });
  await symlink(join(folder.path, 'nowhere.png'), join(folder.path, 'b.png'));
  const { images, setAside } = await list(folder.path);
  expect(images.map(({ id }) => id)).toEqual(['a.png']);
  expect(setAside).toEqual([{ id: 'b.png', reason: 'a link to a file that does not exist' }]);
});

test.each(['', './'])('a tar with names beginning %j gives the same ids and places', async (prefix) => {
  await using folder = await temporaryFolder();
  const tar = await writeTar(join(folder.path, 's.tar'), { 'cat/1.png': bytes, 'dog/1.png': bytes }, prefix);
  const { images } = await list(tar);
  expect(images.map(({ id, folder: name, offset }) => [id, name, offset])).toEqual([
    ['cat/1.png', 'cat', 512],
    ['dog/1.png', 'dog', 1536],
  ]);
});

test('names of any length are read: the prefix of ustar, pax and GNU', async () => {
  await using folder = await temporaryFolder();
  const long = `${'very-long-name/'.repeat(12)}cat`;
  const pax = join(folder.path, 'pax.tar');
  const packer = pack();
  packer.entry({ name: `${long}/ä.png` }, bytes);
  packer.entry({ name: `${'p/'.repeat(60)}dog/1.png` }, bytes);
  packer.entry({ name: 'dog/2.png' }, bytes);
  packer.finalize();
  await writeFile(pax, packer as AsyncIterable<Uint8Array>);
  expect(await shown(pax)).toEqual(['dog/2.png → dog', `${'p/'.repeat(60)}dog/1.png → dog`, `${long}/ä.png → cat`]);
  const gnu = join(folder.path, 'gnu.tar');
  const name = Buffer.from(`${long}/1.png\0`);
  await writeFile(
    gnu,
    Buffer.concat([
      tarMember('././@LongLink', name, 'L'),
      tarMember('cut off', bytes),
      tarMember('dog/1.png', bytes),
      tarEnd,
    ]),
  );
  expect(await shown(gnu)).toEqual(['dog/1.png → dog', `${long}/1.png → cat`]);
});

test('a WebDataset names classes in .cls members', async () => {
  await using folder = await temporaryFolder();
  const tar = await writeTar(join(folder.path, 'w.tar'), {
    '000000.jpg': bytes,
    '000000.cls': Buffer.from('7\n'),
    '000001.cls': Buffer.from('3'),
    '000001.jpg': bytes,
    '000001.json': Buffer.from('{}'),
  });
  expect(await shown(tar)).toEqual(['000000.jpg → 7', '000001.jpg → 3']);
});

test('members that lead out of the archive, links and devices are no images', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 's.tar');
  const none = Buffer.alloc(0);
  await writeFile(
    file,
    Buffer.concat([
      tarMember('../../etc/a.png', bytes),
      tarMember('/etc/b.png', bytes),
      tarMember('c/../../d.png', bytes),
      tarMember('link.png', none, '2'),
      tarMember('device.png', none, '3'),
      tarMember('e.png', bytes),
      tarEnd,
    ]),
  );
  const { images, setAside } = await list(file);
  expect(images.map(({ id }) => id)).toEqual(['e.png']);
  expect(setAside).toEqual(
    ['../../etc/a.png', '/etc/b.png', 'c/../../d.png'].map((id) => ({
      id,
      reason: 'its name leads out of the archive',
    })),
  );
});

test.each([
  ['inside a member', 512 + 512 + 512 + 5, 'the archive ends inside cat/2.png'],
  ['inside a header', 512 + 512 + 100, 'the archive ends inside the header after cat/1.png'],
  ['between two members', 512 + 512, 'the archive ends after cat/1.png'],
])('refuses a tar that was cut %s by naming the member', async (_name, sizeBytes, message) => {
  await using folder = await temporaryFolder();
  const tar = await writeTar(join(folder.path, 's.tar'), { 'cat/1.png': bytes, 'cat/2.png': bytes });
  await truncate(tar, sizeBytes);
  await expect(list(tar)).rejects.toThrow(FormatError);
  await expect(list(tar)).rejects.toThrow(message);
});

test('refuses what is no tar: a gzip, text, noise, nothing', async () => {
  await using folder = await temporaryFolder();
  const tar = Buffer.concat([tarMember('cat/1.png', randomBytes(4096)), tarEnd]);
  const kinds = { 'a.tar.gz': gzipSync(tar), 'b.txt': Buffer.from('text '.repeat(500)), 'c.tar': randomBytes(2048) };
  for (const [name, content] of Object.entries(kinds)) {
    const file = join(folder.path, name);
    await writeFile(file, content);
    await expect(list(file)).rejects.toThrow(`${file}: this is not an uncompressed tar`);
  }
  const empty = join(folder.path, 'd.tar');
  await writeFile(empty, '');
  await expect(list(empty)).rejects.toThrow(FormatError);
});

test('refuses a damaged header in the middle by its place', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 's.tar');
  const archive = Buffer.concat([tarMember('cat/1.png', bytes), tarMember('cat/2.png', bytes), tarEnd]);
  archive[1024 + 5] = (archive[1024 + 5] as number) ^ 1;
  await writeFile(file, archive);
  await expect(list(file)).rejects.toThrow('the header at byte 1024 is damaged');
});

test('refuses a source that is missing, relative or without images', async () => {
  await using folder = await temporaryFolder();
  await expect(list(join(folder.path, 'none'))).rejects.toThrow('no such file or folder');
  await expect(list('some/folder')).rejects.toThrow('the path must be absolute');
  await expect(list(folder.path)).rejects.toThrow('no image found');
  await expect(list(folder.path)).rejects.toThrow(UsageError);
});

test('refuses two images of one name, in a tar or in two sources of one name', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 's.tar');
  await writeFile(file, Buffer.concat([tarMember('a.png', bytes), tarMember('./a.png', bytes), tarEnd]));
  await expect(list(file)).rejects.toThrow('two images are called a.png');
  const [one, two] = [join(folder.path, '1/train'), join(folder.path, '2/train')];
  await writeFolder(one, { 'a.png': bytes });
  await writeFolder(two, { 'a.png': bytes });
  await expect(list(one, two)).rejects.toThrow('two images are called train/a.png');
});
