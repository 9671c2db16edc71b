import { z } from 'zod';

import { positiveSchema } from './names.ts';

/** Figures of the encoder taken while it trains, on images of `train` and `tune`, never of `eval`. */
export const monitorsSchema = z.strictObject({
  everySteps: positiveSchema.describe('read after each so many steps'),
  samples: positiveSchema
    .min(2)
    .max(2048)
    .describe('images of train whose embeddings give their standard deviation and RankMe'),
  onlineKnn: z
    .strictObject({
      bankSamples: positiveSchema.describe('the first so many images of train'),
      querySamples: positiveSchema.describe('the first so many images of tune'),
      k: positiveSchema.describe('neighbours'),
      temperature: z.number().min(0.002).describe('temperature of the weights exp(cos / T)'),
    })
    .nullable()
    .describe('k-NN on tune while the run trains; null: none'),
});
export type Monitors = z.infer<typeof monitorsSchema>;

/** Monitors that early stopping can follow; of each, more is better. */
export const monitorNames = ['online-knn', 'embedding-std', 'rankme'] as const;
export type MonitorName = (typeof monitorNames)[number];

const minChange = (what: string) =>
  z.number().nonnegative().default(0).describe(`an improvement is ${what} by at least this much`);

/** A reason to stop before the last epoch. Each implies its direction. */
export const stoppingRuleSchema = z.discriminatedUnion('on', [
  z.strictObject({
    on: z.literal('loss').describe('the mean loss of an epoch'),
    patienceEpochs: positiveSchema.describe('stop after so many epochs without improvement'),
    minChange: minChange('a fall'),
  }),
  z.strictObject({
    on: z.enum(monitorNames).describe('a monitor'),
    patienceReadings: positiveSchema.describe('stop after so many readings without improvement'),
    minChange: minChange('a rise'),
  }),
  z.strictObject({
    on: z.enum(['probe-knn', 'probe-linear']).describe('top-1 on tune of the probes that probe.everyEpochs asks for'),
    patienceProbes: positiveSchema.describe('stop after so many probes without improvement'),
    minChange: minChange('a rise'),
  }),
  z.strictObject({
    on: z.literal('collapse').describe('the standard deviation of normalised embeddings'),
    belowPart: z
      .number()
      .positive()
      .lt(1)
      .default(0.02)
      .describe('collapsed below this part of 1/√D; features behind a ReLU start near 0.1'),
    patienceReadings: positiveSchema.describe('stop after so many collapsed readings in a row'),
  }),
]);
export type StoppingRule = z.infer<typeof stoppingRuleSchema>;

/** One rule, several, or null for none; the first that is met ends the run. */
export const earlyStoppingSchema = z.union([z.array(stoppingRuleSchema), stoppingRuleSchema]).nullable();
export type EarlyStopping = z.infer<typeof earlyStoppingSchema>;

/** The rules of a spec, in their order. */
export const stoppingRules = ({ earlyStopping }: { earlyStopping: EarlyStopping }): StoppingRule[] =>
  earlyStopping === null ? [] : Array.isArray(earlyStopping) ? earlyStopping : [earlyStopping];

/** Kinds of probes that rules wait for. */
export const stoppingProbeKinds = (spec: { earlyStopping: EarlyStopping }): ('knn' | 'linear')[] => [
  ...new Set(
    stoppingRules(spec).flatMap(({ on }) =>
      on === 'probe-knn' ? ['knn' as const] : on === 'probe-linear' ? ['linear' as const] : [],
    ),
  ),
];
