import { stringify } from 'yaml';

import type { RunCall, RunCheck, RunModel } from '#lib/contracts';
import { bytes, count } from '#lib/figures';

import { type Context, show } from '../context.ts';
import { formatTable } from '../output/table.ts';

/** Prints what a call would start, and starts nothing. */
export async function checkRun(context: Context, call: RunCall): Promise<void> {
  const checked = await (await context.control()).checkRun(call);
  for (const note of checked.notes) context.say(note);
  show(context, checked, checkText);
}

/** The spec with every default written out, then what it amounts to. */
export function checkText({ spec, model, place, stepsPerEpoch, totalSteps }: RunCheck): string {
  const needed = place?.device === 'gpu' ? model.memory.deviceBytes : model.memory.hostBytes;
  const there = place ? `; ${place.name} has ${bytes(place.bytes)}` : '';
  return [
    stringify(spec).trimEnd(),
    '',
    `parameters  ${count(model.parameters)}, heads included`,
    `steps       ${totalSteps === null ? 'as many as its minutes allow' : count(totalSteps)}, ${count(stepsPerEpoch)} an epoch`,
    `memory      about ${bytes(needed)} at its peak${there}`,
    'nothing was started',
  ].join('\n');
}

/** The model as a table: layer, shape of its output for one image, trainable parameters, and the total. */
export function modelText({ layers, parameters }: RunModel): string {
  const rows = layers.map(({ layer, outputShape, parameters: own }) => [
    layer,
    outputShape ? `[${outputShape.join(', ')}]` : '',
    count(own),
  ]);
  return formatTable(['layer', 'output shape', 'parameters'], [...rows, ['total', '', count(parameters)]]);
}
