import { hostname } from 'node:os';

/** What the bus needs of object storage: marks that survive the worker. `ObjectStore` has it. */
export interface MarkStore {
  head(key: string): Promise<object | undefined>;
  create(key: string, bytes: Uint8Array): Promise<'created' | 'exists'>;
  delete(key: string): Promise<void>;
}

/** So many marks make a dead letter. */
export const maxStrikes = 5;

/** The first deliveries carry no mark: restarts and preemption redeliver healthy jobs, and a mark costs two requests. */
const markedFromDelivery = 3;

/** The mark of strike n (from 1), beside the object that the job should make. */
export const strikeKey = (resultKey: string, n: number): string =>
  `${resultKey.replace(/\.[a-z]+$/, '')}.strike-${n}.json`;

export const markBytes = (mark: object): Uint8Array => new TextEncoder().encode(`${JSON.stringify(mark)}\n`);

/** `none`: too early to count. `marked`: this delivery is strike n. `exhausted`: as many strikes as a job may have. */
export type Strike = { kind: 'none' } | { kind: 'marked'; n: number } | { kind: 'exhausted' };

/**
 * Marks a delivery before its work, so that a crash leaves the mark behind.
 * @param deliveryCount 1 for the first delivery
 */
export async function beginStrike(store: MarkStore, resultKey: string, deliveryCount: number): Promise<Strike> {
  if (deliveryCount < markedFromDelivery) return { kind: 'none' };
  const mark = markBytes({
    version: 1,
    deliveryCount,
    host: hostname(),
    pid: process.pid,
    at: new Date().toISOString(),
  });
  for (let n = 1; n <= maxStrikes; n++)
    if ((await store.create(strikeKey(resultKey, n), mark)) === 'created') return { kind: 'marked', n };
  return { kind: 'exhausted' };
}

/** Removes every strike mark of a result: its job is done, or starts anew. */
export async function clearStrikes(store: MarkStore, resultKey: string): Promise<void> {
  for (let n = 1; n <= maxStrikes; n++) await store.delete(strikeKey(resultKey, n));
}
