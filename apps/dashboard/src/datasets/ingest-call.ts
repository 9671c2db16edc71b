import { type IngestCall, ingestCallSchema } from '#lib/contracts';

/** What a person wrote into the form, as it stands there. */
export interface IngestFields {
  name: string;
  sources: string;
  evalSource: string;
  holdout: string;
  tune: string;
  classes: string;
  fraction: string;
  size: string;
}

export const emptyFields: IngestFields = {
  name: '',
  sources: '',
  evalSource: '',
  holdout: '10',
  tune: '5',
  classes: '',
  fraction: '100',
  size: '',
};

export type IngestField = keyof IngestFields;
export type IngestParsed = { ok: true; call: IngestCall } | { ok: false; field: IngestField; text: string };

/** A call of what was written. Parts are given in percent. Empty fields are left out, so that ingest decides. */
export function ingestCall(fields: IngestFields): IngestParsed {
  const sources = fields.sources
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const given = {
    sources,
    evalSource: fields.evalSource.trim() || undefined,
    holdout: part(fields.holdout),
    tune: part(fields.tune),
    classes: number(fields.classes),
    fraction: part(fields.fraction),
    size: number(fields.size),
  };
  const options = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const parsed = ingestCallSchema.safeParse({ dataset: fields.name.trim(), options });
  if (parsed.success) return { ok: true, call: parsed.data };
  const [issue] = parsed.error.issues;
  const field = fieldOf(issue?.path ?? []);
  return {
    ok: false,
    field,
    text: field === 'sources' && sources.length === 0 ? 'give at least one' : issueText(issue),
  };
}

/** The field of the form that a path of the call, or a field that control names, is about. */
export function fieldOf(path: readonly PropertyKey[]): IngestField {
  const name = String(path.find((step) => step !== 'options') ?? '');
  return name in emptyFields ? (name as IngestField) : name === 'dataset' ? 'name' : 'sources';
}

const issueText = (issue: { message: string } | undefined): string => issue?.message ?? 'is not allowed';

/** What is no number stays text, which the schema refuses. */
function number(text: string): number | string | undefined {
  const written = text.trim();
  return written === '' ? undefined : Number.isNaN(Number(written)) ? written : Number(written);
}

function part(text: string): number | string | undefined {
  const value = number(text);
  return typeof value === 'number' ? value / 100 : value;
}
