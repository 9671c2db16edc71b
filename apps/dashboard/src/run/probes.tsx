import { useSignal } from '@preact/signals';

import type { ProbeResult, RunDetail } from '#lib/contracts';
import { count, figure, percent } from '#lib/figures';

import { type ProbeProgress, probeKey } from '../state/run-state.ts';
import { ClassTable } from './class-table.tsx';
import { Confusion } from './confusion.tsx';
import { kindNames } from './probe-now.tsx';
import { encoderInWords, nameOf, shownFirst, stepOf } from './probe-words.ts';

/** What probes found: every measurement, and of one the classes and what was taken for what. */
export function ProbesPanel({ run, progress }: { run: RunDetail; progress: ProbeProgress }) {
  const { probes, probesPending } = run;
  const chosen = useSignal<string | undefined>(undefined);
  const shown = probes.find((probe) => nameOf(probe) === chosen.value) ?? shownFirst(probes);
  const pending = probesPending.filter(
    ({ step, kind, target }) => target === 'pixels' || !progress.has(probeKey({ step, kind, split: 'eval' })),
  );
  return (
    <section class="panel" aria-labelledby="probes">
      <h2 id="probes">What probes found</h2>
      {[...progress].map(([key, { phase, done }]) => (
        <p key={key}>
          <progress value={done} aria-label={`Measuring ${key}`} /> {wordsOf(key)}: {phase}
        </p>
      ))}
      {pending.length > 0 && (
        <p class="muted">
          Still to be measured:{' '}
          {pending
            .map(
              ({ target, step, kind }) =>
                `${kindNames[kind]} of ${target === 'pixels' ? 'raw pixels' : `step ${step}`}`,
            )
            .join(', ')}
        </p>
      )}
      {!shown && pending.length === 0 && progress.size === 0 && (
        <p class="muted">Nothing was measured yet. A run is measured when it ends, or at once by “Probe now”.</p>
      )}
      {shown && (
        <>
          <Results probes={probes} shown={shown} onChoose={(name) => (chosen.value = name)} />
          <Details key={nameOf(shown)} run={run.summary.run} probe={shown} />
        </>
      )}
    </section>
  );
}

function wordsOf(key: string): string {
  const [step, kind, split] = key.split(' ') as [string, keyof typeof kindNames, string];
  return `${kindNames[kind]} of step ${step} on ${split}`;
}

function Results({
  probes,
  shown,
  onChoose,
}: {
  probes: ProbeResult[];
  shown: ProbeResult;
  onChoose: (name: string) => void;
}) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Table of measurements">
      <table>
        <thead>
          <tr>
            <th scope="col">Encoder</th>
            <th scope="col">Measured by</th>
            <th scope="col">On</th>
            {['Top-1', 'Top-5', 'Macro F1', 'RankMe', 'Images'].map((head) => (
              <th key={head} scope="col" class="number">
                {head}
              </th>
            ))}
            <th scope="col">Classes</th>
          </tr>
        </thead>
        <tbody>
          {probes.map((probe) => {
            const isShown = nameOf(probe) === nameOf(shown);
            return (
              <tr key={nameOf(probe)} class={isShown ? 'chosen' : ''}>
                <th scope="row">{encoderInWords(probe)}</th>
                <td>{kindNames[probe.kind]}</td>
                <td>{probe.measuredOn.split}</td>
                <td class="number">
                  <strong>{percent(probe.top1)}</strong>
                </td>
                <td class="number">{percent(probe.top5)}</td>
                <td class="number">{probe.macro.f1.toFixed(4)}</td>
                <td class="number">{figure(probe.figures?.rankMe)}</td>
                <td class="number">{count(probe.measuredOn.evalSamples)}</td>
                <td>
                  <button type="button" aria-pressed={isShown} onClick={() => onChoose(nameOf(probe))}>
                    {isShown ? 'shown' : 'show'}
                    <span class="unseen">
                      {' '}
                      classes of {kindNames[probe.kind]}, {encoderInWords(probe)}, {probe.measuredOn.split}
                    </span>
                  </button>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function Details({ run, probe }: { run: string; probe: ProbeResult }) {
  const { measuredOn, figures, kind, device, seconds } = probe;
  return (
    <>
      <h3>
        {kindNames[kind]}, {encoderInWords(probe)}: {percent(probe.top1)} on {measuredOn.split}
      </h3>
      <p class="muted">
        {count(measuredOn.evalSamples)} images of {measuredOn.split}, classifier of {count(measuredOn.trainSamples)}{' '}
        images of train, {measuredOn.featureSize} features; {Math.round(seconds)} s on a{' '}
        {device === 'gpu' ? 'GPU' : 'processor'}
        {figures &&
          `; deviation ${figure(figures.std)} (spread evenly ${figure(figures.spreadStd)}), alignment ${figure(figures.alignment)}, uniformity ${figure(figures.uniformity)}`}
      </p>
      <div class="probe-details">
        <ClassTable perClass={probe.perClass} macro={probe.macro} />
        {stepOf(probe) !== undefined && <Confusion run={run} probe={probe} />}
      </div>
    </>
  );
}
