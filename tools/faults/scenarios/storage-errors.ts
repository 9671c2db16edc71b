import type { Draws } from '#lib/sampling';

import { S3Proxy } from '../s3-proxy.ts';
import type { Scenario } from '../scenario.ts';

/** An answer that never comes is waited for so long. */
const idleMs = 3000;

/** Answers of an S3 server that is not well: 500, SlowDown, a conflict, none, half a body, or none to a write that was done. */
export function storageErrors(draws: Draws, parts: readonly number[] = [0.05, 0.2]): Scenario[] {
  return parts.map((part) => ({
    name: `${100 * part} % of the requests to the S3 server go wrong`,
    options: { storage: 's3', s3Errors: { part, draws }, env: { UNLABEL_S3_IDLE_MS: String(idleMs) } },
    hasHappened: ({ s3Proxy }) => s3Proxy instanceof S3Proxy && s3Proxy.given.size > 0,
  }));
}
