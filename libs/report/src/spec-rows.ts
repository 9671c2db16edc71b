import { flattenSettings, type RunSpec, settingsThatDiffer, settingText } from '#lib/contracts';

/** A value of a spec under its dotted key. */
export type SpecRow = readonly [key: string, value: string];

/** What is no setting: what kind of file a spec is, and where its data lies. */
const leftOut = /^(format|version|dataset\.(name|contentHash))$/;

/** A spec as dotted keys with their values, in the order of the spec. */
export function specRows(spec: RunSpec): SpecRow[] {
  return [...flattenSettings(spec)].flatMap(([key, value]) => (leftOut.test(key) ? [] : [[key, settingText(value)]]));
}

export interface SpecDifference {
  key: string;
  /** one a spec, in their order; a dash where the spec has no such key */
  values: string[];
}

/** Keys in which specs are not all equal. */
export function specDifferences(specs: readonly RunSpec[]): SpecDifference[] {
  return settingsThatDiffer(specs)
    .filter(({ key }) => !leftOut.test(key))
    .map(({ key, values }) => ({ key, values: values.map(settingText) }));
}
