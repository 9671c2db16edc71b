import { UsageError } from '#lib/contracts';

/** One image that a source holds, before classes are numbered and splits are cut. */
export interface ListedImage {
  /** path below the source; unique within a dataset */
  id: string;
  /** the file that holds it */
  file: string;
  /** its first byte within `file`, for a member of a tar */
  offset?: number;
  sizeBytes: number;
  modifiedMs: number;
  /** folder that names its class, or null */
  folder: string | null;
}

export interface Listing {
  images: ListedImage[];
  /** members refused while listing, with the reason */
  setAside: { id: string; reason: string }[];
}

const imageName = /\.(jpe?g|png|webp|gif|tiff?|avif)$/i;

/** Whether a file is taken for an image by its name; hidden files and what lies in hidden folders are not. */
export const isImageName = (name: string): boolean =>
  imageName.test(name) && !name.split('/').some((part) => /^\.(?!\.?$)/.test(part));

/**
 * The folder that names an image's class: the one that holds it directly, or null at the top of the source.
 * A source in which all images lie in one folder has no classes: see `dropLoneFolder`.
 */
export function classFolder(id: string): string | null {
  return id.split('/').at(-2) ?? null;
}

/** One folder for all images names no class. */
export function dropLoneFolder(images: ListedImage[]): ListedImage[] {
  const folders = new Set(images.map(({ folder }) => folder));
  return folders.size > 1 ? images : images.map((image) => ({ ...image, folder: null }));
}

/** @throws UsageError if a source holds no image */
export function requireImages(listing: Listing, source: string): Listing {
  if (listing.images.length > 0) return listing;
  throw new UsageError(`${source}: no image found (names ending in .jpg, .jpeg, .png, .webp, .gif, .tif or .avif)`, {
    remedy: 'give a folder of class folders, a flat folder of images, or a tar of either',
  });
}
