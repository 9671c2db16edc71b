/** Index of the pixel seen at `index` when a line of `length` is mirrored once at each end without repeating its end. */
export function reflected(index: number, length: number): number {
  const positive = index < 0 ? -index : index;
  return positive < length ? positive : 2 * (length - 1) - positive;
}
