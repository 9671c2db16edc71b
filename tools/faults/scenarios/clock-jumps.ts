import { pathToFileURL } from 'node:url';
import { join } from 'node:path';

import type { Scenario } from '../scenario.ts';
import type { StorageKind } from '../stack.ts';

const clock = pathToFileURL(join(import.meta.dirname, '..', 'jumping-clock.ts')).href;

/** Clocks that jump by hours while everything runs. */
export const clockJumps = (storage: StorageKind): Scenario[] => [
  { name: 'clocks jump by hours, forwards and back', options: { storage, env: { NODE_OPTIONS: `--import ${clock}` } } },
];
