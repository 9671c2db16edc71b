import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';

import {
  experimentCallSchema,
  experimentDetailSchema,
  experimentStartedSchema,
  experimentSummarySchema,
} from '#lib/contracts';

import type { Control } from '../control.ts';
import { body, get, json, refused } from './answers.ts';

export function experimentRoutes(app: OpenAPIHono, { experiments }: Control): void {
  app.openapi(get('/api/experiments', z.array(experimentSummarySchema), 'experiments, newest first'), async (c) =>
    c.json(await experiments.summaries(), 200),
  );
  app.openapi(
    createRoute({
      method: 'post',
      path: '/api/experiments',
      request: body(experimentCallSchema),
      responses: { 202: json(experimentStartedSchema, 'asked for, or joined'), 400: refused, 409: refused },
    }),
    async (c) => c.json(await experiments.start(c.req.valid('json')), 202),
  );
  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/experiments/{experiment}',
      request: { params: z.object({ experiment: z.string() }) },
      responses: { 200: json(experimentDetailSchema, 'one experiment and where its runs stand'), 400: refused },
    }),
    async (c) => c.json(await experiments.detail(c.req.valid('param').experiment), 200),
  );
}
