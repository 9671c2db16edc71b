import { keys, nothingAbout, type RunAbout, type RunAboutCall, runAboutSchema } from '#lib/contracts';
import { getJson, jsonBytes, type ObjectStore } from '#lib/storage';

/** What a person said of a run, or that nobody has said anything. */
export async function readAbout(store: Pick<ObjectStore, 'get'>, run: string): Promise<RunAbout> {
  return (await getJson(store, keys.runAbout(run), runAboutSchema))?.value ?? nothingAbout;
}

/** Changes what is said of a run. Two that change different parts at once both get through; of one part the last writer wins. */
export async function changeAbout(
  store: Pick<ObjectStore, 'get' | 'replace'>,
  run: string,
  call: RunAboutCall,
): Promise<RunAbout> {
  const key = keys.runAbout(run);
  for (;;) {
    const found = await getJson(store, key, runAboutSchema);
    const said = found?.value ?? nothingAbout;
    const { title = said.title, tags = said.tags, notes = said.notes } = call;
    const next: RunAbout = { ...said, title, tags: [...new Set(tags)], notes };
    if ((await store.replace(key, jsonBytes(next), found?.version)) !== undefined) return next;
  }
}
