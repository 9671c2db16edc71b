import type { Scenario } from '../scenario.ts';
import type { StorageKind } from '../stack.ts';

/** A budget of view blocks far smaller than an epoch, kept twice a second, and a trainer that is killed and reads some of them again. */
export const smallViewCache = (storage: StorageKind): Scenario => ({
  name: 'a view cache smaller than an epoch, and a trainer killed over it',
  options: {
    storage,
    env: { UNLABEL_VIEWS_BYTES: '1', UNLABEL_RECONCILE_MS: '500' },
    faults: [{ process: 'trainer', point: 'create checkpoint-manifest before', nth: 2, times: 1, action: 'kill' }],
  },
  changes: { windowBlocks: '1' },
  evicts: true,
});
