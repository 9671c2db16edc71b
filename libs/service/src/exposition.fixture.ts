/** A family of samples as Prometheus reads it. */
export interface Family {
  type: string;
  help: string;
  samples: { name: string; labels: Record<string, string>; value: number }[];
}

const line = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (-?[0-9.e+-]+|[+-]?Inf|[Nn]a[Nn])$/;

/** Reads the text format of Prometheus. @throws for a line that is none, a family told twice, a sample without its family */
export function readExposition(text: string): Map<string, Family> {
  const families = new Map<string, Family>();
  let current = '';
  for (const row of text.split('\n')) {
    const [, help, helpText] = /^# HELP (\S+) (.+)$/.exec(row) ?? [];
    const [, typed, type] = /^# TYPE (\S+) (\w+)$/.exec(row) ?? [];
    if (row === '') continue;
    if (help !== undefined) {
      if (families.has(help)) throw new Error(`${help} is told twice`);
      families.set(help, { type: '', help: helpText as string, samples: [] });
      current = help;
    } else if (typed !== undefined) {
      if (typed !== current) throw new Error(`the type of ${typed} does not follow its help`);
      (families.get(typed) as Family).type = type as string;
    } else addSample(row, families.get(current), current);
  }
  return families;
}

function addSample(row: string, family: Family | undefined, current: string): void {
  const [, name, labelText = '', value] = line.exec(row) ?? [];
  if (name === undefined || !family) throw new Error(`no sample: ${row}`);
  const suffix = family.type === 'histogram' ? /^_(bucket|sum|count)$/ : /^$/;
  if (!name.startsWith(current) || !suffix.test(name.slice(current.length)))
    throw new Error(`${name} is not of ${current}`);
  const labels: Record<string, string> = {};
  for (const [, key = '', text = ''] of labelText.matchAll(/([a-z_]+)="([^"]*)"/g)) labels[key] = text;
  family.samples.push({
    name,
    labels,
    value: Number(value?.replace('Inf', 'Infinity')),
  });
}

/** What promtool's check of metrics would say of our own families. */
export function unconventional(families: Map<string, Family>): string[] {
  const said: string[] = [];
  for (const [name, { type, help, samples }] of families) {
    if (!name.startsWith('unlabel_')) continue;
    if (!/^[a-z][a-z0-9_]*$/.test(name)) said.push(`${name}: not in snake case`);
    if ((type === 'counter') !== name.endsWith('_total')) said.push(`${name}: counters alone end in _total`);
    if (/_(ms|milliseconds|minutes|kb|mb|percent)(_|$)/.test(name)) said.push(`${name}: not in a base unit`);
    if (help.length < 8) said.push(`${name}: no help`);
    const keys = samples.map((sample) => `${sample.name}${JSON.stringify(sample.labels)}`);
    if (new Set(keys).size !== keys.length) said.push(`${name}: a sample is told twice`);
  }
  return said;
}
