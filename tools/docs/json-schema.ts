import { z } from 'zod';

/** What this reads of a JSON schema. */
interface JsonSchema {
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema | boolean;
  prefixItems?: JsonSchema[];
  additionalProperties?: JsonSchema | boolean;
  default?: unknown;
  description?: string;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  minItems?: number;
  maxItems?: number;
  pattern?: string;
}

/** One setting: where it stands, what it may be, what it is if nobody says, what it means. */
export interface Setting {
  key: string;
  type: string;
  /** undefined: it must be given */
  standard: string | undefined;
  meaning: string;
}

const jsonSchema = (schema: z.ZodType): JsonSchema =>
  z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;

/** Every setting of a schema, groups opened: those of a list's entries have `[]` in their key. */
export const settingsOf = (schema: z.ZodType): Setting[] => ofGroup(jsonSchema(schema), '');

/** The alternatives of a schema that a field tells apart, each with its own settings. @param by that field */
export function variantsOf(schema: z.ZodType, by: string): { name: string; meaning: string; settings: Setting[] }[] {
  const found = jsonSchema(schema);
  return (found.oneOf ?? found.anyOf ?? []).map((variant) => {
    const field = variant.properties?.[by];
    const name = field?.const === undefined ? (field?.enum ?? []).map(text).join(', ') : text(field.const);
    const settings = ofGroup(variant, '').filter(({ key }) => key !== by);
    return { name, meaning: variant.description ?? field?.description ?? '', settings };
  });
}

function ofGroup({ properties = {}, required = [] }: JsonSchema, path: string): Setting[] {
  return Object.entries(properties).flatMap(([name, field]) => {
    const key = path === '' ? name : `${path}.${name}`;
    const alternatives = withoutNull(field);
    const inner = isChoice(alternatives)
      ? []
      : alternatives.flatMap((each) => [...ofGroup(each, key), ...listed(each, key)]);
    // a group that is always there and means nothing by itself needs no line of its own
    if (field.properties && field.description === undefined && field.default === undefined) return inner;
    const standard = field.default === undefined ? (required.includes(name) ? undefined : 'none') : text(field.default);
    return [{ key, type: typeText(field), standard, meaning: meaningOf(field) }, ...inner];
  });
}

/** Whether one field of each tells the alternatives apart: each then has a table of its own. */
function isChoice(alternatives: JsonSchema[]): boolean {
  const told = ({ properties = {} }: JsonSchema) =>
    Object.values(properties).some((field) => field.const !== undefined);
  return alternatives.length > 1 && alternatives.some(told);
}

/** Settings of the entries of a list. */
function listed({ items }: JsonSchema, key: string): Setting[] {
  return typeof items === 'object' && items.properties ? ofGroup(items, `${key}[]`) : [];
}

/** The alternatives of a schema but null. */
const withoutNull = (schema: JsonSchema): JsonSchema[] =>
  (schema.anyOf ?? schema.oneOf)?.filter(({ type }) => type !== 'null').flatMap(withoutNull) ?? [schema];

const meaningOf = (schema: JsonSchema): string =>
  schema.description ?? withoutNull(schema).find(({ description }) => description !== undefined)?.description ?? '';

/** What a value may be, in words. */
export function typeText(schema: JsonSchema): string {
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (alternatives) return [...new Set(alternatives.map(typeText))].join(' or ');
  if (schema.const !== undefined) return text(schema.const);
  if (schema.enum) return schema.enum.map(text).join(', ');
  if (schema.prefixItems) return `two of: ${[...new Set(schema.prefixItems.map(typeText))].join(' or ')}`;
  switch (schema.type) {
    case 'integer':
      return `whole number${rangeText(schema)}`;
    case 'number':
      return `number${rangeText(schema)}`;
    case 'boolean':
      return 'true or false';
    case 'array':
      return typeof schema.items === 'object' ? `list of ${typeText(schema.items)}` : 'list';
    case 'object':
      return 'group';
    case 'string':
      return schema.pattern === undefined ? 'text' : schema.pattern.includes('{64}') ? 'sha256' : 'name';
    case 'null':
      return 'null';
    default:
      return 'as its meaning says';
  }
}

/** Largest whole number of JavaScript: a bound that says nothing. */
const isBound = (value: number | undefined): value is number =>
  value !== undefined && Math.abs(value) < Number.MAX_SAFE_INTEGER;

function rangeText({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: JsonSchema): string {
  const parts = [
    isBound(minimum) ? `from ${minimum}` : '',
    isBound(exclusiveMinimum) ? `above ${exclusiveMinimum}` : '',
    isBound(maximum) ? `to ${maximum}` : '',
    isBound(exclusiveMaximum) ? `below ${exclusiveMaximum}` : '',
  ];
  const range = parts.filter((part) => part !== '').join(' ');
  return range === '' ? '' : ` ${range}`;
}

/** A value as YAML in one line. */
export function text(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' && Math.abs(value) < 1e-3 && value !== 0) return value.toExponential();
  if (Array.isArray(value)) return `[${value.map(text).join(', ')}]`;
  if (typeof value === 'object' && value !== null)
    return `{${Object.entries(value)
      .map(([key, each]) => `${key}: ${text(each)}`)
      .join(', ')}}`;
  return String(value);
}
