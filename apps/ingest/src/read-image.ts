import { open } from 'node:fs/promises';

import { UnlabelError } from '#lib/contracts';
import { readImageSize } from '#lib/images';

export interface ImagePlace {
  file: string;
  offset?: number | undefined;
  sizeBytes: number;
}

/** Reads the bytes of one image: a file, or a piece of a tar. @throws UnlabelError if the source is gone or shorter than listed */
export async function readImageBytes({ file, offset = 0, sizeBytes }: ImagePlace): Promise<Uint8Array> {
  const handle = await open(file, 'r').catch((cause: NodeJS.ErrnoException) => {
    throw new UnlabelError(
      `${file}: ${cause.code === 'ENOENT' ? 'was there when the source was listed and is gone' : cause.message}`,
      {
        cause,
        remedy: 'put the source back and ingest again; what is done already is kept',
      },
    );
  });
  try {
    const bytes = new Uint8Array(sizeBytes);
    const { bytesRead } = await handle.read(bytes, 0, sizeBytes, offset);
    if (bytesRead < sizeBytes)
      throw new UnlabelError(`${file}: ${bytesRead} of ${sizeBytes} bytes are left since the source was listed`, {
        remedy: 'put the source back and ingest again; what is done already is kept',
      });
    return bytes;
  } finally {
    await handle.close();
  }
}

/** Width and height from an image's header, or undefined if it can't be read (it will be set aside by name later). */
export async function imageSize(place: ImagePlace): Promise<{ width: number; height: number } | undefined> {
  return readImageSize(await readImageBytes(place)).catch(() => undefined);
}
