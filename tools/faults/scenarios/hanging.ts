import type { Scenario } from '../scenario.ts';
import type { StorageKind } from '../stack.ts';

/** Longer than any step of the play without a word, also on a machine that is busy. */
const stallMs = 12_000;
const places = [
  ['trainer', 'create checkpoint-manifest before'],
  ['measure', 'create probe before'],
  ['pretrain', 'replace run-head before'],
] as const;

/** Threads that hang for good, while the others of their process go on: the lease ends, and with it the worker and its child. */
export const hanging = (storage: StorageKind): Scenario[] =>
  places.map(([process, point]) => ({
    name: `${process} hangs: ${point}`,
    options: {
      storage,
      env: { UNLABEL_STALL_MS: String(stallMs) },
      faults: [{ process, point, nth: 1, times: 1, action: 'hang' as const }],
    },
  }));
