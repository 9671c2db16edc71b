import { engine } from '@tensorflow/tfjs-core';

import { RecordingError } from './errors.ts';
import { override } from './override.ts';

/** tfjs draws in JavaScript what these return, so that a record would hold one draw as a constant. */
const randomOps = new Set(
  [
    'multinomial',
    'rand',
    'randomGamma',
    'randomNormal',
    'randomStandardNormal',
    'randomUniform',
    'randomUniformInt',
    'truncatedNormal',
  ].map((name) => `${name}__op`),
);

/**
 * Makes random draws and reads of tensor values fail until the function given back is called: recorded, either would be a
 * number frozen for ever. Draws with a seed of their own are refused as well.
 *
 * @param isMadeFromNumbers whether a tensor was made in the step from JavaScript numbers: such may be read
 */
export function refuseFrozenValues(isMadeFromNumbers: (dataId: object) => boolean): () => void {
  const tape = engine();
  const readSync = tape.readSync.bind(tape);
  const startScope = tape.startScope.bind(tape);
  const undo = [
    override(Math, { random: () => refuseDraw('Math.random') }),
    override(tape, {
      startScope: (name) => {
        if (name && randomOps.has(name)) refuseDraw(`tf.${name.slice(0, -'__op'.length)}`);
        startScope(name);
      },
      readSync: (dataId) => (isMadeFromNumbers(dataId) ? readSync(dataId) : refuseRead()),
      read: () => refuseRead(),
    }),
  ];
  return () => undo.forEach((each) => each());
}

function refuseDraw(what: string): never {
  throw new RecordingError(`step: ${what} would draw once and repeat that for ever`, {
    remedy: 'draw outside and feed the draws as an input of the step',
  });
}

function refuseRead(): never {
  throw new RecordingError('step: reads the values of a tensor, which are known only when the step runs', {
    remedy: 'compute with tensors alone, and return as outputs what must be seen outside',
  });
}
