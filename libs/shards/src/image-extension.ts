import { FormatError } from '#lib/contracts';

/** First bytes of image files: offset and text, as Latin-1. */
const signatures: { extension: string; at: number; text: string }[] = [
  { extension: 'jpg', at: 0, text: '\xff\xd8\xff' },
  { extension: 'png', at: 0, text: '\x89PNG\r\n\x1a\n' },
  { extension: 'gif', at: 0, text: 'GIF8' },
  { extension: 'webp', at: 8, text: 'WEBP' },
  { extension: 'tif', at: 0, text: 'II*\0' },
  { extension: 'tif', at: 0, text: 'MM\0*' },
  { extension: 'avif', at: 4, text: 'ftypavi' },
  { extension: 'avif', at: 4, text: 'ftypmif1' },
];

/**
 * The extension that an image file's own first bytes give it: names lie.
 * @throws FormatError naming the id, its first bytes and the formats that are known
 */
export function imageExtension(bytes: Uint8Array, id: string): string {
  const start = String.fromCharCode(...bytes.subarray(0, 16));
  const found = signatures.find(({ at, text }) => start.startsWith(text, at));
  if (found) return found.extension;
  const shown = Array.from(bytes.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  const known = [...new Set(signatures.map(({ extension }) => extension))].join(', ');
  throw new FormatError(
    `${JSON.stringify(id)} begins with the bytes ${shown || '(none)'}, which no known image file does: ${known}`,
  );
}
