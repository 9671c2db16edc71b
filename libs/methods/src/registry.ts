import { unknownName } from '#lib/contracts';

import { mae } from './mae.ts';
import type { Method } from './method.ts';
import { simsiam } from './simsiam.ts';

/** All methods by name. */
export const methods: Readonly<Record<string, Method>> = Object.fromEntries(
  [mae as Method, simsiam as Method].map((method) => [method.name, method]),
);

/** @throws UsageError with the nearest match for a method that doesn't exist */
export function findMethod(name: string): Method {
  const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
  if (!method) throw unknownName('method', name, Object.keys(methods), 'method.name');
  return method;
}
