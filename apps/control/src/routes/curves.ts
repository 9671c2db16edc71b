import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';

import { runCurvesSchema } from '#lib/contracts';

import type { Control } from '../control.ts';
import { json, refused } from './answers.ts';

const step = z.coerce.number().int().positive().optional();

/** A run's metrics in so few points that a page can draw them. */
export function curveRoutes(app: OpenAPIHono, control: Control): void {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/runs/{run}/curves',
      request: {
        params: z.object({ run: z.string() }),
        query: z.object({ points: z.coerce.number().int().min(2).max(5000).default(1000), from: step, to: step }),
      },
      responses: { 200: json(runCurvesSchema, 'every quantity of the range, downsampled'), 400: refused },
    }),
    async (c) => c.json(await control.runs.curves(c.req.valid('param').run, c.req.valid('query')), 200),
  );
}
