import { unknownName } from '#lib/contracts';

import { barlowTwins } from './barlow-twins.ts';
import { mae } from './mae.ts';
import { type Method } from './method.ts';
import { nnclr } from './nnclr.ts';
import { simsiam } from './simsiam.ts';

/** All methods by name. */
export const methods: Readonly<Record<string, Method>> = Object.fromEntries(
  [mae as Method, simsiam as Method, barlowTwins as Method, nnclr as Method].map((method) => [method.name, method]),
);

/**
 * A method by name.
 * @throws UsageError for an unknown name, with the nearest known one and all of them
 */
export function findMethod(name: string): Method {
  const found = Object.hasOwn(methods, name) ? methods[name] : undefined;
  if (!found) throw unknownName('method', name, Object.keys(methods), 'method.name');
  return found;
}
