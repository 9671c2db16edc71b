import { type FileHandle, open } from 'node:fs/promises';

import { UnlabelError, UsageError } from '#lib/contracts';

export interface ImagePlace {
  file: string;
  offset?: number | undefined;
  sizeBytes: number;
  modifiedMs: number;
}

const putBack = 'put the source back as it was, or ingest again; what is done already is kept';

/** Reads images where the listing found them: files, or pieces of tars, which stay open until `close`. */
export class ImageReader implements AsyncDisposable {
  readonly #tars = new Map<string, Promise<FileHandle>>();

  /**
   * The bytes of one image.
   * @throws UsageError if its file is gone or is not the one that was listed: the plan speaks of a source that is no more
   */
  async read({ file, offset, sizeBytes, modifiedMs }: ImagePlace): Promise<Uint8Array> {
    const handle = await (offset === undefined ? openListed(file, modifiedMs) : this.#tar(file, modifiedMs));
    try {
      const bytes = new Uint8Array(sizeBytes);
      const { bytesRead } = await handle.read(bytes, 0, sizeBytes, offset ?? 0);
      if (bytesRead < sizeBytes)
        throw new UsageError(`${file}: ${bytesRead} of ${sizeBytes} bytes are left since the source was listed`, {
          remedy: putBack,
        });
      return bytes;
    } finally {
      if (offset === undefined) await handle.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const handle of this.#tars.values())
      await handle.then(
        (opened) => opened.close(),
        () => undefined,
      );
    this.#tars.clear();
  }

  #tar(file: string, modifiedMs: number): Promise<FileHandle> {
    const known = this.#tars.get(file);
    if (known) return known;
    const opening = openListed(file, modifiedMs);
    this.#tars.set(file, opening);
    return opening;
  }
}

async function openListed(file: string, modifiedMs: number): Promise<FileHandle> {
  const handle = await open(file, 'r').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR')
      throw new UsageError(`${file}: was there when the source was listed and is gone`, { cause, remedy: putBack });
    throw new UnlabelError(`${file}: ${cause.message}`, { cause, remedy: 'the ingest worker must be able to read it' });
  });
  const { mtimeMs } = await handle.stat();
  if (Math.floor(mtimeMs) === modifiedMs) return handle;
  await handle.close();
  throw new UsageError(`${file}: was changed since the source was listed`, { remedy: putBack });
}
