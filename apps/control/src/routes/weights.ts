import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';

import { UsageError, weightsStoredSchema } from '#lib/contracts';

import type { Control } from '../control.ts';
import { json, refused } from './answers.ts';

/** Takes files of pretrained weights, which a spec's `backbone.weights` may name afterwards. */
export function weightsRoutes(app: OpenAPIHono, control: Control): void {
  app.openapi(
    createRoute({
      method: 'post',
      path: '/api/weights',
      request: {
        body: {
          required: true,
          description: 'a safetensors file',
          content: { 'application/octet-stream': { schema: z.string().openapi({ format: 'binary' }) } },
        },
      },
      responses: { 200: json(weightsStoredSchema, 'stored'), 400: refused },
    }),
    async (c) => {
      const { body } = c.req.raw;
      if (!body) throw new UsageError('weights: the request has no body', { remedy: 'send a safetensors file' });
      const length = c.req.header('content-length');
      return c.json(await control.storeWeights(body, length === undefined ? undefined : Number(length)), 200);
    },
  );
}
