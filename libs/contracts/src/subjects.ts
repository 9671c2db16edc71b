import type { ProbeSplit } from './jobs.ts';

/** The stages that take jobs, in the order of the pipeline. */
export const stages = ['ingest', 'augment', 'pretrain', 'probe'] as const;
export type Stage = (typeof stages)[number];

const pad = (value: number, digits: number) => String(value).padStart(digits, '0');

/** Subjects end in what the job makes, so that asking twice for the same thing is refused by the queue. */
export const subjects = {
  all: (stage: Stage) => `unlabel.${stage}.>`,
  ingestPlan: (dataset: string, request: string) => `unlabel.ingest.${dataset}.plan.${request}`,
  ingestPart: (dataset: string, planHash: string, part: number) =>
    `unlabel.ingest.${dataset}.${planHash}.${pad(part, 5)}`,
  augment: (viewsHash: string, epoch: number, block: number) =>
    `unlabel.augment.${viewsHash}.e${pad(epoch, 4)}.b${pad(block, 6)}`,
  pretrain: (method: string, run: string) => `unlabel.pretrain.${method}.${run}`,
  pretrainMethod: (method: string) => `unlabel.pretrain.${method}.>`,
  probeRun: (run: string, step: number, kind: string, split: ProbeSplit = 'eval') =>
    `unlabel.probe.run.${run}.${step}.${kind}${split === 'tune' ? '.tune' : ''}`,
  probePixels: (dataset: string, hash: string, kind: string) =>
    `unlabel.probe.pixels.${dataset}.${hash.slice(0, 16)}.${kind}`,
  probePictures: (run: string, step: number, kind: string) => `unlabel.probe.pictures.${run}.${step}.${kind}`,
  /** Pictures have a consumer of their own, so that no measurement waits for them. */
  probeFilters: () => ['unlabel.probe.run.>', 'unlabel.probe.pixels.>'],
  probePicturesFilter: () => 'unlabel.probe.pictures.>',
  eventsAll: () => 'unlabel.events.>',
  eventsBlock: (viewsHash: string) => `unlabel.events.blocks.${viewsHash}`,
  eventsRun: (run: string) => `unlabel.events.runs.${run}`,
  /** Apart from its steps, of which there are many, so that they don't push its states out of the stream. */
  eventsRunState: (run: string) => `unlabel.events.runs.${run}.state`,
  eventsDataset: (dataset: string) => `unlabel.events.datasets.${dataset}`,
  eventsProbe: (target: string) => `unlabel.events.probes.${target}`,
  deadLetter: (subject: string) => subject.replace(/^unlabel\./, 'unlabel.dead.'),
} as const;

export const streamNames = {
  ingest: 'UNLABEL_INGEST',
  augment: 'UNLABEL_AUGMENT',
  pretrain: 'UNLABEL_PRETRAIN',
  probe: 'UNLABEL_PROBE',
  events: 'UNLABEL_EVENTS',
  dead: 'UNLABEL_DEAD',
} as const;

/** What kind of message a subject is for: `augment-job`, `ingest-plan-job`, `runs-event`, `dead-letter`. */
export function kindOfSubject(subject: string): string {
  const [, first = '', second, third] = subject.split('.');
  if (first === 'dead') return 'dead-letter';
  if (first === 'events') return `${second}-event`;
  return first === 'ingest' && third === 'plan' ? 'ingest-plan-job' : `${first}-job`;
}
