import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';

import { deadLetterCallSchema, deadLetterEndSchema, deadLetterSchema } from '#lib/contracts';

import type { Control } from '../control.ts';
import { body, get, json, refused } from './answers.ts';

export function deadLetterRoutes(app: OpenAPIHono, { deadLetters }: Control): void {
  app.openapi(get('/api/dead-letters', z.array(deadLetterSchema), 'jobs that were given up, oldest first'), async (c) =>
    c.json(await deadLetters.list(), 200),
  );
  for (const action of ['retry', 'drop'] as const)
    app.openapi(
      createRoute({
        method: 'post',
        path: `/api/dead-letters/${action}`,
        request: body(deadLetterCallSchema),
        responses: { 200: json(deadLetterEndSchema, 'what became of it'), 400: refused, 404: refused },
      }),
      async (c) => c.json(await deadLetters[action](c.req.valid('json').subject), 200),
    );
}
