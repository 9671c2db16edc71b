import { z } from 'zod';

import { getJson, type ObjectStore } from '#lib/storage';

const markSchema = z.looseObject({ reason: z.string() });

/** The reason on a failed mark, or null if there is no such mark. */
export async function failureOf(store: Pick<ObjectStore, 'get'>, markKey: string): Promise<string | null> {
  return (await getJson(store, markKey, markSchema))?.value.reason ?? null;
}
