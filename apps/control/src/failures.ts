import { z } from 'zod';

import { getJson, type ObjectStore } from '#lib/storage';

const markSchema = z.looseObject({ reason: z.string(), remedy: z.string().nullable().default(null) });

/** The mark of a job that was given up, or undefined if there is none. */
export async function failedMark(
  store: Pick<ObjectStore, 'get'>,
  markKey: string,
): Promise<{ reason: string; remedy: string | null } | undefined> {
  return (await getJson(store, markKey, markSchema))?.value;
}
