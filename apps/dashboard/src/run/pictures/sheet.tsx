import { useEffect, useRef, useState } from 'preact/hooks';

import type { Sheet } from '#lib/contracts';

import { client } from '../../state/client.ts';
import { token } from '../../state/token.ts';

/** Sheets that were loaded, by address; so many are kept that a slider never waits twice. */
const loaded = new Map<string, Promise<HTMLImageElement>>();
const sheetsKept = 60;

/** Loads a sheet, once. @throws what keeps it from being loaded */
export function loadSheet(run: string, step: number, sheet: Sheet): Promise<HTMLImageElement> {
  const address = client.sheetUrl(run, step, sheet);
  const known = loaded.get(address);
  if (known) return known;
  const image = load(address);
  loaded.set(address, image);
  image.catch(() => loaded.delete(address)); // it is tried again when it is shown again
  const [oldest] = loaded.keys();
  if (loaded.size > sheetsKept && oldest !== undefined) loaded.delete(oldest);
  return image;
}

async function load(address: string): Promise<HTMLImageElement> {
  const image = new Image();
  const blob = token.peek() === undefined ? undefined : await client.blob(address); // no image element sends a token
  const url = blob ? URL.createObjectURL(blob) : address;
  image.src = url;
  try {
    await image.decode();
  } finally {
    if (blob) URL.revokeObjectURL(url);
  }
  return image;
}

/** A sheet as an image; undefined until it is loaded. The one before stays until then, so that nothing flickers. */
export function useSheet(run: string, step: number, sheet: Sheet): HTMLImageElement | undefined {
  const [image, setImage] = useState<HTMLImageElement | undefined>(undefined);
  useEffect(() => {
    let isCurrent = true;
    loadSheet(run, step, sheet).then(
      (next) => isCurrent && setImage(next),
      () => isCurrent && setImage(undefined),
    );
    return () => void (isCurrent = false);
  }, [run, step, sheet.sha256]);
  return image;
}

/** One square of a sheet. */
export function Square({
  image,
  side,
  row,
  column,
  label,
}: {
  image: HTMLImageElement | undefined;
  side: number;
  row: number;
  column: number;
  label: string;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (image) context?.drawImage(image, column * side, row * side, side, side, 0, 0, side, side);
  }, [image, side, row, column]);
  return <canvas ref={canvas} class="square" width={side} height={side} role="img" aria-label={label} />;
}
