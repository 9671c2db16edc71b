import type { OpenAPIHono } from '@hono/zod-openapi';

import { pipelineSchema } from '#lib/contracts';

import type { Control } from '../control.ts';
import { get } from './answers.ts';

export function pipelineRoutes(app: OpenAPIHono, { pipeline }: Control): void {
  app.openapi(get('/api/pipeline', pipelineSchema, 'who works on what, and who waits for whom'), async (c) =>
    c.json(await pipeline.now(), 200),
  );
}
