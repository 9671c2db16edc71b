import { keys, type ProbeStageJob, runHeadSchema } from '#lib/contracts';
import { getJson, type ObjectStore } from '#lib/storage';

/**
 * Whether nobody waits for the result: the run was removed, or the checkpoint that pictures were asked of is gone. That is no failure:
 * another one was kept.
 */
export async function isPointless(
  store: Pick<ObjectStore, 'get'>,
  { target, run, step }: Pick<ProbeStageJob, 'target' | 'run' | 'step'>,
): Promise<boolean> {
  const head = (await getJson(store, keys.runHead(run), runHeadSchema))?.value;
  if (head?.state === 'removed') return true;
  return target === 'pictures' && step > 0 && !head?.checkpoints.some((entry) => entry.step === step);
}
