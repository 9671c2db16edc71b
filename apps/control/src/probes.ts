import {
  isProbedOnTune,
  keys,
  pixelsHash,
  type ProbeJob,
  type ProbeKind,
  type ProbeSplit,
  type RunHead,
  type RunSpec,
  subjects,
} from '#lib/contracts';
import type { ObjectStore } from '#lib/storage';

import type { Publish } from './publish.ts';

/** One measurement that a run's table needs: of its checkpoint, its untrained encoder (step 0), or raw pixels. */
export interface WantedProbe {
  target: 'run' | 'pixels';
  run: string;
  step: number;
  kind: ProbeKind;
  split: ProbeSplit;
  /** key of the result */
  key: string;
  subject: string;
}

/** Kinds that train or augment through an encoder: raw pixels have none. */
const needsEncoder = new Set<ProbeKind>(['linear-sgd', 'fine-tune']);

/** Probes on tune of the checkpoints that the spec's interval meets. */
export function tuneProbes(run: string, spec: RunSpec, head: RunHead): WantedProbe[] {
  return head.checkpoints
    .filter((entry) => isProbedOnTune(spec, entry))
    .flatMap(({ step }) => spec.probe.tuneKinds.map((kind) => stepProbe(run, step, kind, 'tune')));
}

/** What a finished run's table needs; nothing before it is finished. */
export function wantedProbes(run: string, spec: RunSpec, head: RunHead): WantedProbe[] {
  const last = head.checkpoints.at(-1);
  if (head.state !== 'finished' || !last) return [];
  return spec.probe.kinds.flatMap((kind) => [
    stepProbe(run, 0, kind),
    stepProbe(run, last.step, kind),
    ...(needsEncoder.has(kind) ? [] : [pixelProbe(run, spec, kind)]),
  ]);
}

/** A measurement of a run's encoder at a step. */
export function stepProbe(run: string, step: number, kind: ProbeKind, split: ProbeSplit = 'eval'): WantedProbe {
  return {
    target: 'run',
    run,
    step,
    kind,
    split,
    key: keys.probe(run, step, kind, split),
    subject: subjects.probeRun(run, step, kind, split),
  };
}

function pixelProbe(run: string, spec: RunSpec, kind: ProbeKind): WantedProbe {
  const hash = pixelsHash(spec);
  const { name } = spec.dataset;
  return {
    target: 'pixels',
    run,
    step: 0,
    kind,
    split: 'eval',
    key: keys.pixelBaseline(name, hash, kind),
    subject: subjects.probePixels(name, hash, kind),
  };
}

/** Wanted probes without a result and without a failed mark. */
export async function pendingProbes(
  store: Pick<ObjectStore, 'head'>,
  run: string,
  spec: RunSpec,
  head: RunHead,
): Promise<WantedProbe[]> {
  const wanted = [...tuneProbes(run, spec, head), ...wantedProbes(run, spec, head)];
  const there = await Promise.all(
    wanted.map(async ({ key }) => (await store.head(key)) ?? (await store.head(keys.failedMark(key)))),
  );
  return wanted.filter((_, i) => there[i] === undefined);
}

/** Asks for a probe. */
export async function askForProbe(
  publish: Publish,
  { target, run, step, kind, split, key, subject }: WantedProbe,
): Promise<void> {
  const job: ProbeJob = { version: 1, target, run, step, kind, split, key, traceId: run };
  await publish(subject, job);
}
