/** The name of a class; what an image without one is called. */
export const className = (classes: readonly string[], label: number): string =>
  label < 0 ? 'no class' : (classes[label] ?? `class ${label}`);
