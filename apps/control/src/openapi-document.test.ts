import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, test } from 'vitest';

import { tinyControl } from './control.fixture.ts';
import { describedRoutes } from './openapi-document.ts';
import { apiRoutes } from './routes.ts';
import { requireToken } from './token.ts';

interface Operation {
  operationId: string;
  summary: string;
  tags: string[];
  parameters?: { name: string; in: string }[];
  responses: Record<string, { description: string; content?: Record<string, { schema: { $ref?: string } }> }>;
}
interface Document {
  openapi: string;
  info: { version: string };
  tags: { name: string }[];
  paths: Record<string, Record<string, Operation>>;
}

const app = apiRoutes(tinyControl().control, requireToken({ host: '127.0.0.1' }));
const document = (await (await app.request('/openapi.json')).json()) as Document;
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ route: `${method.toUpperCase()} ${path}`, path, operation })),
);

test('the document is valid OpenAPI 3.1, references included', async () => {
  const validator = new Validator();
  const { valid, errors } = await validator.validate({ ...structuredClone(document) });
  expect(errors).toBeUndefined();
  expect(valid).toBe(true);
  expect(validator.version).toBe('3.1');
  expect(() => validator.resolveRefs()).not.toThrow();
  expect(document.info.version).toBe('0.0.0'); // that of the control that serves it
});

test('a document that is none is found to be so', async () => {
  const { paths: _, ...broken } = structuredClone(document);
  const { valid } = await new Validator().validate({ ...broken, info: {} });
  expect(valid).toBe(false);
});

test('what is served, what is described and what is named are the same routes', () => {
  const served = app.routes
    .filter(({ method, path }) => method !== 'ALL' && path.startsWith('/api/'))
    .map(({ method, path }) => `${method} ${path.replace(/:(\w+)(\{[^}]*\})?/g, '{$1}')}`);
  expect(new Set(operations.map(({ route }) => route))).toEqual(new Set(served));
  expect(new Set(describedRoutes)).toEqual(new Set(served));
});

describe.each(operations)('$route', ({ route, path, operation }) => {
  test('has a summary, an id of its own, and a tag that the document explains', () => {
    expect(operation.summary).toMatch(/^[A-Z].{5,}[^.]$/);
    expect(operation.operationId).toMatch(/^[a-z][A-Za-z]+$/);
    expect(operations.filter(({ operation: other }) => other.operationId === operation.operationId)).toHaveLength(1);
    expect(operation.tags).toHaveLength(1);
    expect(document.tags.map(({ name }) => name)).toContain(operation.tags[0]);
  });

  test('says what it answers, refusals included, each in the one form that refusals have', () => {
    const statuses = Object.keys(operation.responses);
    const wanted = ['400', '401', '403', '500', ...(/^(POST|PATCH)/.test(route) ? ['413', '415'] : [])];
    expect(statuses).toEqual(expect.arrayContaining(wanted));
    expect(statuses.filter((status) => status.startsWith('2'))).toHaveLength(1);
    for (const [status, response] of Object.entries(operation.responses)) {
      expect(response.description).not.toBe('');
      if (Number(status) >= 400) expect(JSON.stringify(response.content)).toMatch(/ApiError|"remedy"/);
    }
  });

  test('describes every parameter of its path', () => {
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const described = (operation.parameters ?? []).filter((each) => each.in === 'path').map(({ name }) => name);
    expect(described).toEqual(inPath);
  });
});
