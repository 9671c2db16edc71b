import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';

import {
  datasetDetailSchema,
  datasetRemovedSchema,
  datasetSummarySchema,
  ingestCallSchema,
  ingestStartedSchema,
} from '#lib/contracts';

import type { Control } from '../control.ts';
import { body, get, json, refused } from './answers.ts';

const datasetParameter = { params: z.object({ dataset: z.string() }) };

export function datasetRoutes(app: OpenAPIHono, { datasets, datasetRemoval }: Control): void {
  app.openapi(get('/api/datasets', z.array(datasetSummarySchema), 'datasets'), async (c) =>
    c.json(await datasets.summaries(), 200),
  );
  app.openapi(
    createRoute({
      method: 'post',
      path: '/api/datasets',
      request: body(ingestCallSchema),
      responses: { 202: json(ingestStartedSchema, 'asked for'), 400: refused, 409: refused },
    }),
    async (c) => c.json(await datasets.ingest(c.req.valid('json')), 202),
  );
  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/datasets/{dataset}',
      request: datasetParameter,
      responses: { 200: json(datasetDetailSchema, 'one dataset'), 400: refused },
    }),
    async (c) => c.json(await datasets.detail(c.req.valid('param').dataset), 200),
  );
  app.openapi(
    createRoute({
      method: 'delete',
      path: '/api/datasets/{dataset}',
      request: { ...datasetParameter, query: z.object({ force: z.enum(['true', 'false']).default('false') }) },
      responses: { 200: json(datasetRemovedSchema, 'removed, with its images'), 400: refused, 409: refused },
    }),
    async (c) => {
      const force = c.req.valid('query').force === 'true';
      return c.json(await datasetRemoval.remove(c.req.valid('param').dataset, { force }), 200);
    },
  );
}
