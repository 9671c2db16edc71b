/** The nearest whole number, halves to the even one, as in Python and IEEE 754. */
export function roundHalfToEven(value: number): number {
  const below = Math.floor(value);
  const part = value - below;
  return part < 0.5 || (part === 0.5 && below % 2 === 0) ? below : below + 1;
}
