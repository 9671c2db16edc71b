import { OpenAPIHono } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';

import { type ApiError, NotFoundError, type UnlabelEvent } from '#lib/contracts';

import type { Control } from './control.ts';
import { GatheredEvents } from './gathered-events.ts';
import { openApiDocument } from './openapi-document.ts';
import { meantBodies, plainAddress } from './request-limits.ts';
import { answerError } from './routes/answers.ts';
import { catalogueRoutes } from './routes/catalogue.ts';
import { compareRoutes } from './routes/compare.ts';
import { curveRoutes } from './routes/curves.ts';
import { datasetRoutes } from './routes/datasets.ts';
import { deadLetterRoutes } from './routes/dead-letters.ts';
import { eventRoutes } from './routes/events.ts';
import { experimentRoutes } from './routes/experiments.ts';
import { pictureRoutes } from './routes/pictures.ts';
import { pipelineRoutes } from './routes/pipeline.ts';
import { runAboutRoutes } from './routes/run-about.ts';
import { runLogRoutes } from './routes/run-log.ts';
import { runRoutes } from './routes/runs.ts';
import { sampleRoutes } from './routes/samples.ts';
import { weightsRoutes } from './routes/weights.ts';
import { securityHeaders } from './security-headers.ts';
import { SharedAnswers } from './shared-answers.ts';

/** Events that come several times a second and change nothing but a run's live figures. */
const passing = new Set<UnlabelEvent['type']>(['run-step', 'block-ready', 'ingest-part', 'probe-progress']);

/** Control's HTTP API; its OpenAPI document is at /openapi.json. Whatever is added to it afterwards is guarded as well. */
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
  app.use(securityHeaders, plainAddress, guard, meantBodies);
  app.onError((error, c) => answerError(error, c, control));
  app.notFound((c) =>
    answerError(
      new NotFoundError(`there is no ${c.req.method} ${c.req.path}`, { remedy: 'see /openapi.json' }),
      c,
      control,
    ),
  );
  const gathered = new GatheredEvents();
  const shared = new SharedAnswers(() => gathered.listeners);
  app.use(async (c, next) => {
    if (c.req.method === 'GET') return next();
    await next();
    shared.forget(); // whoever changed something reads what became of it
  });
  control.listen((event) => {
    const isChange = !passing.has(event.type);
    if (isChange) shared.forget();
    gathered.receive(event, isChange);
  });
  catalogueRoutes(app, control);
  datasetRoutes(app, control);
  runRoutes(app, control, shared);
  sampleRoutes(app, control);
  pictureRoutes(app, control);
  curveRoutes(app, control);
  runAboutRoutes(app, control);
  runLogRoutes(app, control, shared);
  weightsRoutes(app, control);
  experimentRoutes(app, control);
  compareRoutes(app, control);
  deadLetterRoutes(app, control);
  pipelineRoutes(app, control);
  eventRoutes(app, gathered);
  app.get('/openapi.json', (c) => c.json(openApiDocument(app, control.version)));
  return app;
}
