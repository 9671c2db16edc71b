import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';

import { runLogSchema } from '#lib/contracts';

import type { Control } from '../control.ts';
import type { SharedAnswers } from '../shared-answers.ts';
import { json, refused } from './answers.ts';
import { runParameter } from './runs.ts';

/** What happened to a run, in words. */
export function runLogRoutes(app: OpenAPIHono, control: Control, shared: SharedAnswers): void {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/runs/{run}/log',
      request: runParameter,
      responses: { 200: json(runLogSchema, 'what happened to it, oldest first'), 400: refused },
    }),
    async (c) => {
      const { run } = c.req.valid('param');
      return c.json(await shared.of(`log of ${run}`, () => control.runLog(run)), 200);
    },
  );
}
