import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context, MiddlewareHandler } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { streamSSE } from 'hono/streaming';

import {
  type ApiError,
  apiErrorSchema,
  apiHealthSchema,
  catalogueEntrySchema,
  comparisonSchema,
  ConflictError,
  datasetDetailSchema,
  datasetSummarySchema,
  doctorReportSchema,
  eventSchema,
  ingestCallSchema,
  ingestStartedSchema,
  NotFoundError,
  probeCallSchema,
  runCallSchema,
  runDetailSchema,
  runMetricsSchema,
  runStartedSchema,
  runSummarySchema,
  UnlabelError,
  type UnlabelEvent,
  UsageError,
} from '#lib/contracts';

import type { Control } from './control.ts';

const json = <T extends z.ZodType>(schema: T, description: string) => ({
  description,
  content: { 'application/json': { schema } },
});
const refused = json(apiErrorSchema, 'refused: what is wrong and what to do');
const body = <T extends z.ZodType>(schema: T) => ({
  body: { required: true, content: { 'application/json': { schema } } },
});
const runParameter = { params: z.object({ run: z.string() }) };
const done = z.strictObject({ ok: z.literal(true) });

const get = <T extends z.ZodType>(path: string, schema: T, description: string) =>
  createRoute({
    method: 'get',
    path,
    responses: { 200: json(schema, description), 400: refused, 404: refused, 409: refused },
  });

/** Control's HTTP API; its OpenAPI document is at /openapi.json. */
export function apiRoutes(control: Control, guard: MiddlewareHandler): OpenAPIHono {
  const app = new OpenAPIHono({
    defaultHook: (result, c) => {
      if (result.success) return undefined;
      const [issue] = result.error.issues;
      const field = issue?.path.join('.') || null;
      return c.json<ApiError>(
        { error: `${field ?? result.target}: ${issue?.message}`, remedy: 'see /openapi.json', field, nearest: null },
        400,
      );
    },
  });
  app.use('/api/*', guard);
  app.onError((error, c) => answerError(error, c, control));
  app.notFound((c) =>
    answerError(
      new NotFoundError(`there is no ${c.req.method} ${c.req.path}`, { remedy: 'see /openapi.json' }),
      c,
      control,
    ),
  );
  catalogueRoutes(app, control);
  datasetRoutes(app, control);
  runRoutes(app, control);
  eventRoutes(app, control);
  app.doc('/openapi.json', { openapi: '3.1.0', info: { title: 'Unlabel', version: control.version } });
  return app;
}

function catalogueRoutes(app: OpenAPIHono, control: Control): void {
  const entries = z.array(catalogueEntrySchema);
  app.openapi(get('/api/health', apiHealthSchema, 'what this control serves'), (c) => c.json(control.health(), 200));
  app.openapi(get('/api/methods', entries, 'methods'), (c) => c.json(control.methods(), 200));
  app.openapi(get('/api/backbones', entries, 'backbones'), (c) => c.json(control.backbones(), 200));
  app.openapi(get('/api/recipes', entries, 'recipes'), (c) => c.json(control.recipeList(), 200));
  app.openapi(get('/api/doctor', doctorReportSchema, 'checks of servers and settings'), async (c) =>
    c.json(await control.doctor(), 200),
  );
}

function datasetRoutes(app: OpenAPIHono, { datasets }: Control): void {
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

function runRoutes(app: OpenAPIHono, control: Control): void {
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
      method: 'get',
      path: '/api/runs/{run}',
      request: runParameter,
      responses: { 200: json(runDetailSchema, 'one run'), 400: refused },
    }),
    async (c) => c.json(await runs.detail(c.req.valid('param').run), 200),
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
      path: '/api/runs/{run}/probes',
      request: { ...runParameter, ...body(probeCallSchema) },
      responses: { 202: json(done, 'asked for'), 400: refused, 409: refused },
    }),
    async (c) => {
      await control.probe(c.req.valid('param').run, c.req.valid('json').kinds);
      return c.json({ ok: true as const }, 202);
    },
  );
  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/compare',
      request: { query: z.object({ runs: z.string().optional(), dataset: z.string().optional() }) },
      responses: { 200: json(comparisonSchema, 'runs beside their baselines'), 400: refused, 409: refused },
    }),
    async (c) => {
      const { runs: names, dataset } = c.req.valid('query');
      return c.json(await control.compare(names ? names.split(',') : [], dataset), 200);
    },
  );
}

/** Live events as server-sent events, each one JSON. */
function eventRoutes(app: OpenAPIHono, control: Control): void {
  app.openAPIRegistry.registerPath({
    method: 'get',
    path: '/api/events',
    responses: {
      200: { description: 'events as they happen', content: { 'text/event-stream': { schema: eventSchema } } },
    },
  });
  app.get('/api/events', (c) =>
    streamSSE(c, async (stream) => {
      const waiting: UnlabelEvent[] = [];
      let wake = () => undefined as void;
      const leave = control.listen((event) => {
        waiting.push(event);
        wake();
      });
      stream.onAbort(() => wake());
      try {
        while (!stream.aborted) {
          for (const event of waiting.splice(0)) await stream.writeSSE({ data: JSON.stringify(event) });
          if (waiting.length > 0 || stream.aborted) continue;
          const kept = new Promise<void>((resolve) => (wake = resolve));
          const beat = setTimeout(() => wake(), 15_000);
          await kept;
          clearTimeout(beat);
          if (waiting.length === 0 && !stream.aborted) await stream.write(': still here\n\n');
        }
      } finally {
        leave();
      }
    }),
  );
}

function answerError(error: Error, c: Context, control: Control): Response {
  const status =
    error instanceof UsageError
      ? 400
      : error instanceof NotFoundError
        ? 404
        : error instanceof ConflictError
          ? 409
          : error instanceof HTTPException
            ? error.status // a body that is no JSON
            : 500;
  if (status === 500) control.log.error({ error: error.stack ?? error.message, path: c.req.path }, 'request failed');
  const { remedy, field, nearest } = error instanceof UnlabelError ? error : ({} as Partial<UnlabelError>);
  return c.json<ApiError>(
    { error: error.message, remedy: remedy ?? null, field: field ?? null, nearest: nearest ?? null },
    status,
  );
}
