import type { PicturesKind, ProbeSplit } from './jobs.ts';
import type { Split } from './names.ts';

const pad = (value: number, digits: number) => String(value).padStart(digits, '0');

/**
 * The key of every object (design: "Objects"). No key is a folder of another, no component exceeds 200 bytes.
 * Data objects are written once; only the two `head.json` and `about.json` are replaced.
 */
export const keys = {
  datasets: () => 'datasets/',
  dataset: (dataset: string) => `datasets/${dataset}/`,
  datasetHead: (dataset: string) => `datasets/${dataset}/head.json`,
  datasetIndexes: (dataset: string) => `datasets/${dataset}/indexes/`,
  datasetIndex: (dataset: string, contentHash: string) => `datasets/${dataset}/indexes/${contentHash}.json`,
  ingestRequests: (dataset: string) => `datasets/${dataset}/requests/`,
  ingestRequest: (dataset: string, request: string) => `datasets/${dataset}/requests/${request}.json`,
  /** What planning a request gave: the hash of its plan. */
  ingestPlanned: (dataset: string, request: string) => `datasets/${dataset}/planned/${request}.json`,
  ingestPlan: (dataset: string, planHash: string) => `datasets/${dataset}/plans/${planHash}/plan.json`,
  ingestPlanPart: (dataset: string, planHash: string, part: number) =>
    `datasets/${dataset}/plans/${planHash}/${pad(part, 5)}.json`,
  ingestParts: (dataset: string, planHash: string) => `datasets/${dataset}/parts/${planHash}/`,
  ingestPart: (dataset: string, planHash: string, part: number) =>
    `datasets/${dataset}/parts/${planHash}/${pad(part, 5)}.json`,
  pixelBaselines: (dataset: string) => `datasets/${dataset}/baselines/`,
  pixelBaseline: (dataset: string, hash: string, kind: string) => `datasets/${dataset}/baselines/${hash}/${kind}.json`,
  shard: (sha256: string, kind: 'small' | 'large') => `shards/${sha256}.${kind === 'small' ? 'safetensors' : 'tar'}`,
  views: (viewsHash: string) => `views/${viewsHash}/views.json`,
  viewBlock: (viewsHash: string, epoch: number, block: number) =>
    `views/${viewsHash}/e${pad(epoch, 4)}/b${pad(block, 6)}.safetensors`,
  weights: (sha256: string) => `weights/${sha256}.safetensors`,
  experiments: () => 'experiments/',
  experiment: (experiment: string) => `experiments/${experiment}.json`,
  runs: () => 'runs/',
  runSpec: (run: string) => `runs/${run}/spec.json`,
  runModel: (run: string) => `runs/${run}/model.json`,
  runResolved: (run: string) => `runs/${run}/resolved.json`,
  runHead: (run: string) => `runs/${run}/head.json`,
  runAbout: (run: string) => `runs/${run}/about.json`,
  /** The folder of a checkpoint's files, without a trailing slash. */
  checkpoint: (run: string, step: number, attempt: number) =>
    `runs/${run}/checkpoints/${pad(step, 8)}-${pad(attempt, 3)}`,
  checkpointFile: (folder: string, file: string) => `${folder}/${file}`,
  metrics: (run: string, fromStep: number, toStep: number, attempt: number) =>
    `runs/${run}/metrics/${pad(fromStep, 8)}-${pad(toStep, 8)}-${pad(attempt, 3)}.jsonl`,
  /** A metrics segment, folded; named like it. */
  foldedCurves: (run: string, segmentKey: string) =>
    `runs/${run}/curves/${segmentKey.slice(segmentKey.lastIndexOf('/') + 1).replace(/\.jsonl$/, '')}.json`,
  probes: (run: string) => `runs/${run}/probes/`,
  /** A result on `tune` has its own name, `<kind>.tune.json`: what decides never takes the place of what is reported. */
  probe: (run: string, step: number, kind: string, split: ProbeSplit = 'eval') =>
    `runs/${run}/probes/${pad(step, 8)}/${kind}${split === 'tune' ? '.tune' : ''}.json`,
  predictionsOf: (run: string) => `runs/${run}/predictions/`,
  /** What a probe took each image for, of a result that is written after it. */
  predictions: (run: string, step: number, kind: string, split: ProbeSplit = 'eval') =>
    `runs/${run}/predictions/${pad(step, 8)}/${kind}${split === 'tune' ? '.tune' : ''}.safetensors`,
  picturesOf: (run: string) => `runs/${run}/pictures/`,
  /** A file of the pictures of a step: `views.png`, `neighbours.json` … */
  pictures: (run: string, step: number, file: string) => `runs/${run}/pictures/${pad(step, 8)}/${file}`,
  /** What a job for pictures ends with: it names the files. */
  picturesMade: (run: string, step: number, kind: PicturesKind) =>
    `runs/${run}/pictures/${pad(step, 8)}/${kind}-made.json`,
  embeddings: (run: string, step: number, split: Split, hash: string) =>
    `runs/${run}/embeddings/${pad(step, 8)}/${split}-${hash.slice(0, 16)}.safetensors`,
  embeddingFigures: (run: string, step: number, split: Split, hash: string) =>
    `runs/${run}/embeddings/${pad(step, 8)}/figures-${split}-${hash.slice(0, 16)}.json`,
  /** The mark of a job that ended as a dead letter, beside the object it should have made. */
  failedMark: (key: string) => `${key.replace(/\.[a-z]+$/, '')}.failed.json`,
} as const;

/** What an object is, by the shape of its key; the first that fits. */
const kinds: readonly (readonly [kind: string, shape: RegExp])[] = [
  ['strike', /\.strike-\d+\.json$/],
  ['failed-mark', /\.failed\.json$/],
  ['dataset-head', /^datasets\/[^/]+\/head\.json$/],
  ['dataset-index', /^datasets\/[^/]+\/indexes\//],
  ['ingest-request', /^datasets\/[^/]+\/requests\//],
  ['ingest-planned', /^datasets\/[^/]+\/planned\//],
  ['ingest-plan', /^datasets\/[^/]+\/plans\/[^/]+\/plan\.json$/],
  ['ingest-plan-part', /^datasets\/[^/]+\/plans\//],
  ['ingest-part', /^datasets\/[^/]+\/parts\//],
  ['pixel-baseline', /^datasets\/[^/]+\/baselines\//],
  ['shard', /^shards\//],
  ['views', /^views\/[^/]+\/views\.json$/],
  ['view-block', /^views\/[^/]+\/e\d+\//],
  ['weights', /^weights\//],
  ['experiment', /^experiments\//],
  ['run-spec', /^runs\/[^/]+\/spec\.json$/],
  ['run-model', /^runs\/[^/]+\/model\.json$/],
  ['run-resolved', /^runs\/[^/]+\/resolved\.json$/],
  ['run-head', /^runs\/[^/]+\/head\.json$/],
  ['run-about', /^runs\/[^/]+\/about\.json$/],
  ['checkpoint-manifest', /^runs\/[^/]+\/checkpoints\/[^/]+\/manifest\.json$/],
  ['checkpoint-file', /^runs\/[^/]+\/checkpoints\//],
  ['metrics', /^runs\/[^/]+\/metrics\//],
  ['folded-curves', /^runs\/[^/]+\/curves\//],
  ['probe', /^runs\/[^/]+\/probes\//],
  ['predictions', /^runs\/[^/]+\/predictions\//],
  ['pictures', /^runs\/[^/]+\/pictures\//],
  ['embeddings', /^runs\/[^/]+\/embeddings\//],
  ['storage-probe', /^storage-probes\//],
];

/** What kind of object a key is for, in words with hyphens: `view-block`, `run-head`; `other` for any that is none of ours. */
export const kindOfKey = (key: string): string => kinds.find(([, shape]) => shape.test(key))?.[0] ?? 'other';
