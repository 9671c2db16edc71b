import { foldedCurvesSchema, FormatError, keys } from '#lib/contracts';
import { packCurves, type StepColumns, unpackCurves } from '#lib/curves';
import { getJson, jsonBytes, type ObjectStore } from '#lib/storage';

/**
 * What the training wrote beside each metrics segment, and long runs are drawn of: the segment folded, a thirtieth of its
 * bytes. It can be made again, so nothing depends on it.
 */
export class FoldedSegments {
  readonly #store: Pick<ObjectStore, 'get' | 'create' | 'delete'>;

  constructor(store: Pick<ObjectStore, 'get' | 'create' | 'delete'>) {
    this.#store = store;
  }

  /** @returns undefined where the segment has to be read; what was damaged is gone then, and can be kept anew */
  async read(run: string, segmentKey: string): Promise<StepColumns | undefined> {
    const key = keys.foldedCurves(run, segmentKey);
    try {
      const found = await getJson(this.#store, key, foldedCurvesSchema);
      return found && unpackCurves(found.value);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      await this.#store.delete(key);
      return undefined;
    }
  }

  async keep(run: string, segmentKey: string, folded: StepColumns): Promise<void> {
    await this.#store.create(keys.foldedCurves(run, segmentKey), jsonBytes(packCurves(folded)));
  }
}
