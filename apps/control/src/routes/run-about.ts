import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';

import { runAboutCallSchema, runAboutSchema } from '#lib/contracts';

import type { Control } from '../control.ts';
import { body, json, refused } from './answers.ts';
import { runParameter } from './runs.ts';

/** Title, tags and notes of a run. */
export function runAboutRoutes(app: OpenAPIHono, { runs }: Control): void {
  const path = '/api/runs/{run}/about';
  app.openapi(
    createRoute({
      method: 'get',
      path,
      request: runParameter,
      responses: { 200: json(runAboutSchema, 'what is said of a run'), 400: refused },
    }),
    async (c) => c.json(await runs.about(c.req.valid('param').run), 200),
  );
  app.openapi(
    createRoute({
      method: 'patch',
      path,
      request: { ...runParameter, ...body(runAboutCallSchema) },
      responses: { 200: json(runAboutSchema, 'as it is now'), 400: refused },
    }),
    async (c) => c.json(await runs.changeAbout(c.req.valid('param').run, c.req.valid('json')), 200),
  );
}
