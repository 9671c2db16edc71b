import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

import { UsageError } from '#lib/contracts';

/** Writes a result to a file, in full or not at all. @returns its bytes @throws UsageError for a place that can't be written to */
export async function writeOutput(file: string, content: string | Uint8Array): Promise<number> {
  const path = resolve(file);
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(temporary, bytes);
    await rename(temporary, path);
  } catch (cause) {
    throw new UsageError(`${file}: ${(cause as Error).message}`, {
      cause,
      field: 'output',
      remedy: 'name a file in a folder that can be written to',
    });
  }
  return bytes.length;
}
