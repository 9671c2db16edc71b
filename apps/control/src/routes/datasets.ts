import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';

import { datasetDetailSchema, datasetSummarySchema, ingestCallSchema, ingestStartedSchema } from '#lib/contracts';

import type { Control } from '../control.ts';
import { body, get, json, refused } from './answers.ts';

export function datasetRoutes(app: OpenAPIHono, { datasets }: Control): void {
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
      request: { params: z.object({ dataset: z.string() }) },
      responses: { 200: json(datasetDetailSchema, 'one dataset'), 400: refused },
    }),
    async (c) => c.json(await datasets.detail(c.req.valid('param').dataset), 200),
  );
}
