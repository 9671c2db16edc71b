import type { ProbeResult } from '#lib/contracts';
import { count } from '#lib/figures';

/** The step of the encoder that was measured; 0: before the first step; undefined: raw pixels. */
export const stepOf = ({ encoder }: ProbeResult): number | undefined =>
  encoder.kind === 'pixels' ? undefined : encoder.kind === 'untrained' ? 0 : encoder.step;

/** What was measured, in words. */
export function encoderInWords(probe: ProbeResult): string {
  const step = stepOf(probe);
  if (step === undefined) return 'raw pixels';
  return step === 0 ? 'before the first step' : `step ${count(step)}`;
}

/** Names a measurement among those of a run. */
export const nameOf = (probe: ProbeResult): string => `${stepOf(probe)} ${probe.kind} ${probe.measuredOn.split}`;

/** What one wants to see first: the last measurement on eval, by a linear probe where there is one. */
export function shownFirst(probes: readonly ProbeResult[]): ProbeResult | undefined {
  const reported = probes.filter(({ measuredOn }) => measuredOn.split === 'eval');
  const last = Math.max(...reported.map((probe) => stepOf(probe) ?? 0));
  const ofLast = reported.filter((probe) => stepOf(probe) === last);
  return ofLast.find(({ kind }) => kind === 'linear') ?? ofLast[0] ?? probes.at(-1);
}
