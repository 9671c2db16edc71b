import { computationInWords, type DatasetIndex } from '#lib/contracts';
import { count, duration, percent } from '#lib/figures';

import { moment } from './format.ts';
import type { ReportRun } from './report-data.ts';

type Fact = readonly [name: string, value: string];

/** What a run was, where it was computed, and how it ended. */
export function Facts({ run, dataset }: { run: ReportRun; dataset: DatasetIndex | null }) {
  return (
    <dl class="facts">
      {factsOf(run, dataset).map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function factsOf({ detail }: ReportRun, dataset: DatasetIndex | null): Fact[] {
  const { summary, spec, resolved, head, model, probes } = detail;
  const parameters = resolved?.parameters ?? model?.parameters ?? null;
  const measuredBy = [...new Set(probes.map(({ codeVersion, device }) => `version ${codeVersion}, on ${device}`))];
  return [
    ['state', summary.reason === null ? summary.state : `${summary.state}: ${summary.reason}`],
    ...(summary.remedy === null ? [] : [['remedy', summary.remedy] as const]),
    ['method', spec.method.name],
    ['backbone', `${spec.backbone.name}, ${count(parameters)} parameters, heads included`],
    [
      'started from',
      spec.backbone.weights
        ? `${spec.backbone.weights.format} weights ${spec.backbone.weights.sha256}`
        : `random weights, seed ${spec.seed}`,
    ],
    [
      'dataset',
      `${spec.dataset.name}, ${count(spec.dataset.trainSamples)} images of train${dataset ? `, ${dataset.classes.length} classes` : ''}`,
    ],
    ['data hash', spec.dataset.contentHash],
    ['views hash', resolved?.viewsHash ?? 'not resolved yet'],
    ['steps', `${count(summary.step)} of ${count(summary.totalSteps)}, batch ${spec.batch}`],
    ...(resolved
      ? [
          ['computed in', `${computationInWords(resolved.computation)}: ${resolved.computation.why}`] as const,
          [
            'device',
            `${resolved.device}, ${resolved.intraOpThreads} threads an operation, ${resolved.interOpThreads} operations at once`,
          ] as const,
        ]
      : [['computed in', `${summary.precision}, not resolved yet`] as const]),
    [
      'training time',
      `${duration(head.trainSeconds)}, of which ${waited(head)} waiting for views; attempts ${head.attempt}`,
    ],
    ['measured by', measuredBy.join('; ') || 'nothing yet'],
    ['registered', moment(head.createdAt)],
  ];
}

const waited = ({ trainSeconds, waitSeconds }: ReportRun['detail']['head']): string =>
  percent(trainSeconds > 0 ? waitSeconds / trainSeconds : 0);
