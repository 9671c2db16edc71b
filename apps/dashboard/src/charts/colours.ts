/** How many colours of curves there are; further curves begin again. */
const seriesCount = 8;

/** The custom property of the colour of the nth curve. */
export const seriesColour = (i: number): string => `--series-${(i % seriesCount) + 1}`;

/** What a custom property comes to here and now: a canvas knows neither properties nor `light-dark()`. */
export function resolveColour(element: HTMLElement, property: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(${property})`;
  element.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
