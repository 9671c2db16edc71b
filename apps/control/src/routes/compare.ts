import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';

import { comparisonSchema } from '#lib/contracts';

import type { Control } from '../control.ts';
import { json, refused } from './answers.ts';

export function compareRoutes(app: OpenAPIHono, control: Control): void {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/compare',
      request: {
        query: z.object({
          runs: z.string().optional(),
          dataset: z.string().optional(),
          experiment: z.string().optional(),
        }),
      },
      responses: { 200: json(comparisonSchema, 'runs beside their baselines'), 400: refused, 409: refused },
    }),
    async (c) => {
      const { runs, dataset, experiment } = c.req.valid('query');
      return c.json(await control.compare(runs ? runs.split(',') : [], dataset, experiment), 200);
    },
  );
}
