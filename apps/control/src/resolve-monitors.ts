import {
  type DatasetIndex,
  type Monitors,
  type RunSpec,
  type StoppingRule,
  stoppingRules,
  UsageError,
} from '#lib/contracts';

type Watched = Pick<RunSpec, 'monitors' | 'earlyStopping' | 'probe'>;

/** Images of one set of a monitor stay in memory while the run trains. */
const largestSetBytes = 128 * 1024 * 1024;

/**
 * Fits monitors, probes while training and early stopping to a dataset: what needs labels or a tune split falls away where
 * there is none, sizes are cut to what is there, and a note says so.
 * @throws UsageError for a rule that follows what the spec does not measure
 */
export function fitMonitors(
  { monitors, earlyStopping, probe }: Watched,
  index: DatasetIndex,
  imageSize: number,
  notes: string[],
): Watched {
  const lack = index.classes.length < 2 ? 'no classes' : index.splits.tune === 0 ? 'no tune split' : undefined;
  const without = (what: string) => void notes.push(`the dataset has ${lack}, so there is no ${what}`);
  const fitted = {
    monitors: monitors && cutToSize(monitors, index, imageSize, notes),
    probe: { ...probe, tuneTrainSamples: Math.min(probe.tuneTrainSamples, index.splits.train) },
  };
  if (lack && fitted.monitors?.onlineKnn) {
    fitted.monitors = { ...fitted.monitors, onlineKnn: null };
    without('online k-NN');
  }
  if (lack && probe.everyEpochs !== null) {
    fitted.probe.everyEpochs = null;
    without('probing while the run trains');
  }
  const rules = stoppingRules({ earlyStopping }).filter((rule) => {
    if (!lack || !(rule.on === 'online-knn' || rule.on === 'probe-knn' || rule.on === 'probe-linear')) return true;
    without(`early stopping on ${rule.on}`);
    return false;
  });
  for (const rule of rules) checkRule(rule, fitted);
  checkNeighbours(fitted.probe);
  return { ...fitted, earlyStopping: rules.length > 0 ? rules : null };
}

function cutToSize(monitors: Monitors, { splits }: DatasetIndex, imageSize: number, notes: string[]): Monitors {
  const most = Math.max(Math.floor(largestSetBytes / (imageSize * imageSize * 3)), 2);
  const { samples, onlineKnn } = monitors;
  const cut = { ...monitors, samples: Math.max(Math.min(samples, splits.train, most), 2) };
  if (!onlineKnn) return cut;
  const bankSamples = Math.min(onlineKnn.bankSamples, splits.train, most);
  const querySamples = Math.max(Math.min(onlineKnn.querySamples, splits.tune, most), 1);
  const k = Math.min(onlineKnn.k, bankSamples);
  if (k < onlineKnn.k)
    notes.push(`the online k-NN takes ${k} neighbours instead of ${onlineKnn.k}: its bank has ${bankSamples} images`);
  return { ...cut, onlineKnn: { ...onlineKnn, bankSamples, querySamples, k } };
}

function checkRule({ on }: StoppingRule, { monitors, probe }: Pick<RunSpec, 'monitors' | 'probe'>): void {
  if (on === 'loss') return;
  const refuse = (what: string, remedy: string) => {
    throw new UsageError(`earlyStopping: a rule is on ${on}, but ${what}`, { field: 'earlyStopping', remedy });
  };
  if (on === 'probe-knn' || on === 'probe-linear') {
    const kind = on === 'probe-knn' ? 'knn' : 'linear';
    if (probe.everyEpochs === null)
      refuse(
        'probe.everyEpochs is null: no probe is made before the end',
        'set probe.everyEpochs=5, or leave the rule out',
      );
    if (!probe.tuneKinds.includes(kind))
      refuse(
        `probe.tuneKinds is [${probe.tuneKinds.join(', ')}]`,
        `set probe.tuneKinds=[${[...probe.tuneKinds, kind].join(', ')}]`,
      );
    return;
  }
  if (monitors === null)
    refuse(
      'monitors is null: nothing is read while the run trains',
      'take a recipe with monitors, or leave the rule out (earlyStopping=null)',
    );
  else if (on === 'online-knn' && monitors.onlineKnn === null)
    refuse('monitors.onlineKnn is null', 'set monitors.onlineKnn, or leave the rule out (earlyStopping=null)');
}

function checkNeighbours({ everyEpochs, tuneKinds, tuneTrainSamples, trainSamples, k }: RunSpec['probe']): void {
  const bank = Math.min(tuneTrainSamples, trainSamples ?? Infinity);
  if (everyEpochs !== null && tuneKinds.includes('knn') && k > bank)
    throw new UsageError(`probe.k: ${k} neighbours, but probes on tune have ${bank} images of train`, {
      field: 'probe.k',
      remedy: `use at most ${bank}, or more of train (probe.tuneTrainSamples)`,
    });
}
