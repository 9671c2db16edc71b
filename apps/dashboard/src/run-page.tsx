import type { ProbeResult } from '#lib/contracts';

import { Chart } from './chart.tsx';
import { detail, metrics } from './data.ts';

/** The chosen run: live curves, then what the probes found. */
export function RunPage() {
  const run = detail.value;
  if (!run) return null;
  const { summary, spec, probes, probesPending } = run;
  return (
    <section>
      <h2>
        {summary.run} <small class={`state ${summary.state}`}>{summary.state}</small>
      </h2>
      {summary.reason && (
        <p class={summary.state === 'finished' ? '' : 'problem'}>
          {summary.reason} {summary.remedy}
        </p>
      )}
      <p>
        {spec.method.name} with {spec.backbone.name} on {spec.dataset.name},{' '}
        {spec.dataset.trainSamples.toLocaleString('en-US')} images; batch {spec.batch}, {spec.epochs} epochs,{' '}
        {spec.optimiser.name}, seed {spec.seed}
      </p>
      <div class="charts">
        <Chart title="loss" steps={metrics} value={({ loss }) => loss} colour="#2563eb" />
        <Chart title="learning rate" steps={metrics} value={({ learningRate }) => learningRate} colour="#d97706" />
        <Chart
          title="images per second"
          steps={metrics}
          value={({ imagesPerSecond }) => imagesPerSecond}
          colour="#059669"
        />
        <Chart title="gradient norm" steps={metrics} value={({ gradientNorm }) => gradientNorm} colour="#9333ea" />
        {spec.monitors && (
          <Chart
            title="standard deviation of embeddings"
            steps={metrics}
            value={({ monitors }) => monitors?.embeddingStd}
            colour="#dc2626"
          />
        )}
        {spec.monitors && (
          <Chart title="RankMe" steps={metrics} value={({ monitors }) => monitors?.rankMe} colour="#0891b2" />
        )}
        {spec.monitors?.onlineKnn && (
          <Chart
            title="online k-NN on tune"
            steps={metrics}
            value={({ monitors }) => monitors?.onlineKnn}
            colour="#65a30d"
          />
        )}
      </div>
      {probesPending.length > 0 && (
        <p>
          Still to be measured:{' '}
          {probesPending
            .map(({ target, step, kind }) => `${kind} of ${target === 'pixels' ? 'raw pixels' : `step ${step}`}`)
            .join(', ')}
        </p>
      )}
      <div class="probes">
        {probes.map((probe) => (
          <Probe key={`${probe.encoder.kind}-${probe.kind}`} probe={probe} />
        ))}
      </div>
    </section>
  );
}

function Probe({ probe }: { probe: ProbeResult }) {
  const { encoder, kind, top1, top5, perClass, confusion, measuredOn } = probe;
  const most = Math.max(...confusion.flat(), 1);
  return (
    <article>
      <h3>
        {kind === 'knn' ? 'k-NN' : 'linear probe'},{' '}
        {encoder.kind === 'checkpoint' ? `step ${encoder.step}` : 'untrained encoder'}: {(100 * top1).toFixed(2)} %
      </h3>
      <p>
        {top5 !== null && `top-5 ${(100 * top5).toFixed(2)} %; `}
        {measuredOn.evalSamples.toLocaleString('en-US')} images of eval,{' '}
        {measuredOn.trainSamples.toLocaleString('en-US')} of train
      </p>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th>class</th>
              <th>precision</th>
              <th>recall</th>
              <th>F1</th>
              <th>images</th>
            </tr>
          </thead>
          <tbody>
            {perClass.map((row) => (
              <tr key={row.name}>
                <td>{row.name}</td>
                <td class="number">{row.precision.toFixed(3)}</td>
                <td class="number">{row.recall.toFixed(3)}</td>
                <td class="number">{row.f1.toFixed(3)}</td>
                <td class="number">{row.support}</td>
              </tr>
            ))}
          </tbody>
        </table>
        <table class="confusion" aria-label="confusion matrix: rows true, columns predicted">
          <tbody>
            {confusion.map((row, truth) => (
              <tr key={perClass[truth]?.name}>
                {row.map((value, predicted) => (
                  <td
                    key={perClass[predicted]?.name}
                    title={`${perClass[truth]?.name} taken for ${perClass[predicted]?.name}: ${value}`}
                    style={{ '--share': value / most }}
                  >
                    {value}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </article>
  );
}
