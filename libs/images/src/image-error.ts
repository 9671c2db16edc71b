import { FormatError } from '#lib/contracts';

export type ImageFault = 'not-an-image' | 'cut-short' | 'damaged' | 'too-large' | 'unsuitable';

/** Bytes that are no image we read or want, with a reason for people. Ingest sets such a file aside under it. */
export class ImageError extends FormatError {
  readonly fault: ImageFault;
  /** @param options.fault default: a good image that doesn't suit, such as one of another size */
  constructor(message: string, options: { fault?: ImageFault; cause?: unknown; remedy?: string } = {}) {
    const { fault = 'unsuitable', ...rest } = options;
    super(message, rest);
    this.fault = fault;
  }
}

/** What the decoders say when the data ends too early. */
const endsEarly = /premature end|read error|unexpected end|unable to parse|end of stream|truncated|out of bounds|EOF/i;

/** The ImageError for what a decoder threw. */
export function explain(error: unknown): ImageError {
  if (error instanceof ImageError) return error;
  // The decoder repeats itself, a line for each attempt at reading.
  const detail = error instanceof Error ? [...new Set(error.message.split('\n'))].join('; ') : String(error);
  if (/unsupported image format|(buffer|array) is empty/i.test(detail))
    return new ImageError(`not an image: neither ${supported}`, { fault: 'not-an-image', cause: error });
  return endsEarly.test(detail)
    ? new ImageError(`cut short: the file ends before the image does (${detail})`, { fault: 'cut-short', cause: error })
    : new ImageError(`damaged: ${detail}`, { fault: 'damaged', cause: error });
}

/** Formats of pixels. Drawings (SVG, PDF) are none, and rendering them may read other files. */
export const formats = new Set(['jpeg', 'png', 'webp', 'gif', 'tiff', 'heif']);
const supported = 'JPEG, PNG, WebP, GIF, TIFF nor AVIF';
