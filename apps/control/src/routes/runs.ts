import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';

import {
  forkCallSchema,
  probeCallSchema,
  probeKindSchema,
  probesAskedSchema,
  probeSplitSchema,
  probeStatusSchema,
  runCallSchema,
  runCheckSchema,
  runDetailSchema,
  runMetricsSchema,
  runRecipeSchema,
  runStartedSchema,
  runSummarySchema,
} from '#lib/contracts';

import type { Control } from '../control.ts';
import type { SharedAnswers } from '../shared-answers.ts';
import { body, done, get, json, refused } from './answers.ts';

/** The run that a path names. */
export const runParameter = { params: z.object({ run: z.string() }) };

export function runRoutes(app: OpenAPIHono, control: Control, shared: SharedAnswers): void {
  const { runs } = control;
  app.openapi(get('/api/runs', z.array(runSummarySchema), 'runs, newest first'), async (c) =>
    c.json(await runs.summaries(), 200),
  );
  app.openapi(
    createRoute({
      method: 'post',
      path: '/api/runs',
      request: body(runCallSchema),
      responses: { 202: json(runStartedSchema, 'asked for'), 400: refused, 409: refused },
    }),
    async (c) => c.json(await runs.start(c.req.valid('json')), 202),
  );
  app.openapi(
    createRoute({
      method: 'post',
      path: '/api/runs/check',
      request: body(runCallSchema),
      responses: { 200: json(runCheckSchema, 'what it would start'), 400: refused, 409: refused },
    }),
    async (c) => c.json(await runs.check(c.req.valid('json')), 200),
  );
  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/runs/{run}',
      request: runParameter,
      responses: { 200: json(runDetailSchema, 'one run'), 400: refused },
    }),
    async (c) => {
      const { run } = c.req.valid('param');
      return c.json(await shared.of(`run ${run}`, () => runs.detail(run)), 200);
    },
  );
  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/runs/{run}/recipe',
      request: runParameter,
      responses: { 200: json(runRecipeSchema, 'what its recipe gives without changes'), 400: refused },
    }),
    async (c) => c.json(await runs.recipe(c.req.valid('param').run), 200),
  );
  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/runs/{run}/metrics',
      request: { ...runParameter, query: z.object({ after: z.coerce.number().int().nonnegative().default(0) }) },
      responses: { 200: json(runMetricsSchema, 'metrics of every step after a step'), 400: refused },
    }),
    async (c) => {
      const { run } = c.req.valid('param');
      return c.json({ run, metrics: await runs.metrics(run, c.req.valid('query').after) }, 200);
    },
  );
  for (const action of ['stop', 'resume'] as const)
    app.openapi(
      createRoute({
        method: 'post',
        path: `/api/runs/{run}/${action}`,
        request: runParameter,
        responses: { 200: json(done, 'wanted'), 400: refused, 409: refused },
      }),
      async (c) => {
        await runs[action](c.req.valid('param').run);
        return c.json({ ok: true as const }, 200);
      },
    );
  app.openapi(
    createRoute({
      method: 'post',
      path: '/api/runs/{run}/fork',
      request: { ...runParameter, ...body(forkCallSchema) },
      responses: { 202: json(runStartedSchema, 'asked for'), 400: refused, 409: refused },
    }),
    async (c) => c.json(await control.forks.fork(c.req.valid('param').run, c.req.valid('json')), 202),
  );
  app.openapi(
    createRoute({
      method: 'delete',
      path: '/api/runs/{run}',
      request: runParameter,
      responses: { 200: json(done, 'removed, with all that it made'), 400: refused },
    }),
    async (c) => {
      await control.removal.remove(c.req.valid('param').run);
      return c.json({ ok: true as const }, 200);
    },
  );
  app.openapi(
    createRoute({
      method: 'post',
      path: '/api/runs/{run}/probes',
      request: { ...runParameter, ...body(probeCallSchema) },
      responses: { 202: json(probesAskedSchema, 'asked for'), 400: refused, 409: refused },
    }),
    async (c) => c.json({ probes: await control.probes.ask(c.req.valid('param').run, c.req.valid('json')) }, 202),
  );
  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/runs/{run}/probes/{step}/{kind}',
      request: {
        params: z.object({ run: z.string(), step: z.coerce.number().int().nonnegative(), kind: probeKindSchema }),
        query: z.object({ split: probeSplitSchema.default('eval') }),
      },
      responses: { 200: json(probeStatusSchema, 'what became of one measurement'), 400: refused, 409: refused },
    }),
    async (c) => {
      const { run, ...probe } = c.req.valid('param');
      return c.json(await control.probes.status(run, { ...probe, split: c.req.valid('query').split }), 200);
    },
  );
}
