import type { RunDetail, RunModel } from '#lib/contracts';
import { bytes, count } from '#lib/figures';

/** The model as a table, and what training it is expected to take. */
export function ModelPanel({ run: { model, spec } }: { run: RunDetail }) {
  return (
    <section class="panel" aria-labelledby="model">
      <h2 id="model">Model</h2>
      {model ? (
        <Model model={model} batch={spec.batch} />
      ) : (
        <p class="muted">
          It was not stored: the run was registered by an earlier version, or its registration was cut short.
        </p>
      )}
    </section>
  );
}

function Model({ model: { layers, parameters, memory }, batch }: { model: RunModel; batch: number }) {
  return (
    <>
      <p>
        {count(parameters)} trainable parameters, heads included. Training is expected to take {bytes(memory.hostBytes)}{' '}
        of memory on a processor or {bytes(memory.deviceBytes)} on a GPU at its peak: {bytes(memory.stateBytes)} for
        parameters, buffers and optimiser, and up to {bytes(memory.stepBytes)} in a step of {batch} images, these
        included.
      </p>
      <div class="scroll tall" tabIndex={0} role="region" aria-label="Layers of the model">
        <table>
          <thead>
            <tr>
              <th scope="col">Layer</th>
              <th scope="col">Output, of one image</th>
              <th scope="col" class="number">
                Parameters
              </th>
            </tr>
          </thead>
          <tbody>
            {layers.map(({ layer, outputShape, parameters: own }) => (
              <tr key={layer}>
                <th scope="row">
                  <code>{layer}</code>
                </th>
                <td>{outputShape ? outputShape.join(' × ') : <span class="muted">a head: kept by the method</span>}</td>
                <td class="number">{count(own)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
