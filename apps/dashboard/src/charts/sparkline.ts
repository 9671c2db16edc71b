/** Values as the path of a line over a box, from left to right; empty for fewer than two. */
export function sparkPath(values: readonly number[], width: number, height: number): string {
  if (values.length < 2) return '';
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const scale = high > low ? (height - 2) / (high - low) : 0;
  return values
    .map((value, i) => {
      const x = (i * width) / (values.length - 1);
      const y = height - 1 - (value - low) * scale;
      return `${i === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`;
    })
    .join('');
}
