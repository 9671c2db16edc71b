import type { Pipeline, Stage } from '#lib/contracts';

type PipelineStage = Pipeline['stages'][number];
type PipelineRun = Pipeline['runs'][number];

/** Below this part of its time nobody minds that a run waits: training through services may take 5 % longer. */
const leastWaitShare = 0.05;

const jobsOf: Record<Stage, [one: string, several: string]> = {
  ingest: ['part of an ingest waits', 'parts of ingests wait'],
  augment: ['view block waits', 'view blocks wait'],
  pretrain: ['run waits', 'runs wait'],
  probe: ['measurement waits', 'measurements wait'],
};
const inWords = (stage: Stage, n: number) => `${n} ${jobsOf[stage][n === 1 ? 0 : 1]}`;
const workersInWords = (n: number, stage: Stage) => `${n} more ${stage} worker${n === 1 ? '' : 's'}`;

/**
 * Who waits for whom, by how much, and what helps; the gravest first.
 * @param queued methods of the runs that wait for a worker
 */
export function verdict({
  stages,
  runs,
  queued,
}: Pick<Pipeline, 'stages' | 'runs'> & { queued: readonly string[] }): string {
  return (
    withoutWorker(stages) ??
    withoutMethod(stages, queued) ??
    waitingForViews(stages, runs) ??
    waitingForWorkers(stages) ??
    nobodyWaits(stages, runs)
  );
}

function withoutWorker(stages: PipelineStage[]): string | undefined {
  const stage = stages.find(({ pending, workers }) => pending > 0 && workers.length === 0);
  return (
    stage &&
    `${inWords(stage.stage, stage.pending)}, and no ${stage.stage} worker is here: start one (node apps/${stage.stage}/src/main.ts).`
  );
}

/** A run may wait for a method that none of the workers serves which are here. */
function withoutMethod(stages: PipelineStage[], queued: readonly string[]): string | undefined {
  const served = stages.find(({ stage }) => stage === 'pretrain')?.workers.flatMap(({ methods }) => methods) ?? [];
  const method = queued.find((name) => !served.includes(name));
  return (
    method &&
    `A run of ${method} waits, and no pretraining worker that is here serves it: start one with UNLABEL_METHODS=${method}, or without UNLABEL_METHODS for all.`
  );
}

/** What runs wait of their time, weighted by how fast they are; what views would have to come faster by. */
function waitingForViews(stages: PipelineStage[], runs: PipelineRun[]): string | undefined {
  const training = runs.filter(({ imagesPerSecond, waitShare }) => imagesPerSecond !== null && waitShare !== null);
  const rate = training.reduce((sum, run) => sum + (run.imagesPerSecond ?? 0), 0);
  const wanted = training.reduce(
    (sum, run) => sum + (run.imagesPerSecond ?? 0) / Math.max(1 - (run.waitShare ?? 0), 0.01),
    0,
  );
  const share = wanted === 0 ? 0 : 1 - rate / wanted;
  if (share < leastWaitShare) return undefined;
  const waits = `Pretraining waits ${percent(share)} of its time for views`;
  const augment = stages.find(({ stage }) => stage === 'augment');
  const workers = augment?.workers ?? [];
  if (!augment || workers.length === 0) return `${waits}: no augment worker is here.`;
  const places = workers.reduce((sum, { concurrency }) => sum + concurrency, 0);
  if (augment.pending + augment.inFlight < places)
    return `${waits}, though augment workers have time: views come late, not slowly; a larger windowBlocks asks for them earlier.`;
  const missing = Math.ceil(((wanted / rate) * places - places) / (places / workers.length));
  return `${waits}: ${workersInWords(missing, 'augment')} would do, where cores are free for ${missing === 1 ? 'it' : 'them'}.`;
}

function waitingForWorkers(stages: PipelineStage[]): string | undefined {
  const runs = stages.find(({ stage, pending }) => stage === 'pretrain' && pending > 0);
  if (runs)
    return `${inWords('pretrain', runs.pending)} for a pretraining worker, which trains one run at a time: ${workersInWords(runs.pending, 'pretrain')}, or patience.`;
  for (const name of ['probe', 'ingest'] as const) {
    const stage = stages.find(({ stage: other }) => other === name);
    if (!stage || stage.pending === 0) continue;
    const minutes = stage.donePerMinute > 0 ? Math.ceil(stage.pending / stage.donePerMinute) : undefined;
    const until = minutes === undefined ? '' : `, at this pace for ${minutes} minute${minutes === 1 ? '' : 's'}`;
    return `${inWords(name, stage.pending)} for ${name} workers${until}: another one would make that less.`;
  }
  return undefined;
}

function nobodyWaits(stages: PipelineStage[], runs: PipelineRun[]): string {
  if (runs.length > 0) {
    const most = Math.max(...runs.map(({ waitShare }) => waitShare ?? 0));
    const trains = runs.length === 1 ? '1 run trains' : `${runs.length} runs train`;
    return `Nobody waits: ${trains}, and views are there before they are needed (waiting takes ${percent(most)} of the time at most).`;
  }
  const busy = stages.filter(({ inFlight }) => inFlight > 0).map(({ stage }) => stage);
  return busy.length > 0 ? `Nobody waits: ${busy.join(' and ')} have work.` : 'Nobody waits: there is nothing to do.';
}

const percent = (share: number) =>
  `${share > 0 && share < 0.01 ? (100 * share).toFixed(1) : Math.round(100 * share)} %`;
