import type { Sheet } from '#lib/contracts';
import { encodePng } from '#lib/images';
import { sha256 } from '#lib/storage';

/** Squares [side, side, 3] in rows and columns. */
export interface Squares {
  side: number;
  /** rows of equal length */
  rows: Uint8Array[][];
}

/** Lays squares into one image, and says how it lies there. Equal squares give equal bytes. */
export async function drawSheet(file: string, { side, rows }: Squares): Promise<{ sheet: Sheet; bytes: Uint8Array }> {
  const columns = rows[0]?.length ?? 0;
  const [width, height] = [columns * side, rows.length * side];
  const data = new Uint8Array(width * height * 3);
  for (const [row, squares] of rows.entries())
    for (const [column, square] of squares.entries())
      for (let y = 0; y < side; y++)
        data.set(square.subarray(y * side * 3, (y + 1) * side * 3), ((row * side + y) * width + column * side) * 3);
  const bytes = await encodePng({ width, height, data });
  return { sheet: { file, sha256: sha256(bytes), rows: rows.length, columns, side }, bytes };
}
