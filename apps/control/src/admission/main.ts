// Looks at specs before they start, in a process of its own: the native library that records a step stays out of control. Reads
// specs and places as JSON, answers one admission a spec as JSON.
import { readFileSync } from 'node:fs';

import { admissionQuestionSchema, runSpecSchema } from '#lib/contracts';
import { traceStep } from '#lib/engine';
import { admitSpec, type TraceStep } from '#lib/training';

const { specs, places } = admissionQuestionSchema.parse(JSON.parse(readFileSync(0, 'utf8')));

const trace: TraceStep = ({ fn, state, inputs }) => {
  const zeros = Object.entries(state).map(([name, shape]) => {
    const size = shape.reduce((product, side) => product * side, 1);
    return [name, { shape, values: new Float32Array(size) }] as const; // never written, so it takes no memory
  });
  return traceStep(fn, { state: Object.fromEntries(zeros), inputs });
};

const admissions = specs.map((spec) => admitSpec(runSpecSchema.parse(spec), places, trace));
process.stdout.write(JSON.stringify(admissions));
