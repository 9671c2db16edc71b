/** Puts methods in the place of an object's own or inherited ones; gives back what undoes it. */
export function override<T extends object>(target: T, methods: Partial<T>): () => void {
  const before = Object.keys(methods).map((key) => [key, Object.getOwnPropertyDescriptor(target, key)] as const);
  Object.assign(target, methods);
  return () => {
    for (const [key, descriptor] of before)
      if (descriptor) Object.defineProperty(target, key, descriptor);
      else Reflect.deleteProperty(target, key);
  };
}
