// Looks at specs before they start, in a process of its own: the native library that records a step stays out of control. Reads
// specs and places as JSON, answers one admission a spec as JSON.
import { readFileSync } from 'node:fs';

import { admissionQuestionSchema, runSpecSchema } from '#lib/contracts';
import { traceStep } from '#lib/engine';
import { admitSpec } from '#lib/training';

const { specs, places } = admissionQuestionSchema.parse(JSON.parse(readFileSync(0, 'utf8')));

const admissions = specs.map((spec) => admitSpec(runSpecSchema.parse(spec), places, traceStep));
process.stdout.write(JSON.stringify(admissions));
