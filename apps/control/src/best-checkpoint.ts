import {
  type BestCheckpoint,
  bestMetric,
  betterCheckpoint,
  isProbedOnTune,
  keys,
  probeResultSchema,
  type RunSpec,
} from '#lib/contracts';
import { getJson, jsonBytes, type ObjectStore } from '#lib/storage';

import { storedHead } from './run-head.ts';

/**
 * Notes in the head of a run that nobody owns any more which of its checkpoints is the best on tune. What was pruned before
 * is in the head's figure already.
 */
export async function noteBest(store: ObjectStore, run: string, spec: RunSpec): Promise<void> {
  const metric = bestMetric(spec);
  if (metric === undefined) return;
  for (;;) {
    const { value: head, version } = await storedHead(store, run);
    if (head.state !== 'finished') return;
    let best: BestCheckpoint | null = head.best;
    for (const { step } of head.checkpoints.filter((entry) => isProbedOnTune(spec, entry))) {
      const result = await getJson(store, keys.probe(run, step, metric, 'tune'), probeResultSchema);
      if (result) best = betterCheckpoint(best, { step, metric, value: result.value.top1 });
    }
    if (best === null || (best.step === head.best?.step && best.value === head.best.value)) return;
    if ((await store.replace(keys.runHead(run), jsonBytes({ ...head, best }), version)) !== undefined) return;
  }
}
