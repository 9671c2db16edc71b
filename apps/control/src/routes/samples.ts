import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';

import {
  confusedSchema,
  datasetSamplesSchema,
  probeKindSchema,
  probeSplitSchema,
  sha256Schema,
  splitSchema,
} from '#lib/contracts';

import type { Control } from '../control.ts';
import { json, refused } from './answers.ts';

const count = z.coerce.number().int().nonnegative();
const inDataset = { params: z.object({ dataset: z.string() }) };
const content = sha256Schema.optional().describe('of an earlier index of the dataset; default: the one it has now');
const refusals = { 400: refused, 404: refused, 409: refused };

/** Bytes that are the same for ever where their address says which they are, and else until they have another tag. */
export function serveBytes(
  c: Context,
  { type, bytes, etag, isImmutable }: { type: string; bytes: Uint8Array; etag: string; isImmutable: boolean },
): Response {
  const headers = {
    'content-type': type,
    'cache-control': isImmutable ? 'private, max-age=31536000, immutable' : 'private, no-cache',
    etag,
    'x-content-type-options': 'nosniff', // an image file that somebody ingested stays one
    'cross-origin-resource-policy': 'same-origin', // other pages can't show it
  };
  if (c.req.header('if-none-match') === etag) return c.body(null, 304, headers);
  return c.body(bytes as Uint8Array<ArrayBuffer>, 200, headers);
}

/** Images of datasets, and those behind a confusion matrix. */
export function sampleRoutes(app: OpenAPIHono, { samples }: Control): void {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/datasets/{dataset}/samples',
      request: {
        ...inDataset,
        query: z.object({
          split: splitSchema.default('train'),
          class: count.optional().describe('only images of this class'),
          count: count.max(500).default(60),
          offset: count.default(0),
          content,
        }),
      },
      responses: { 200: json(datasetSamplesSchema, 'some images of a split'), ...refusals },
    }),
    async (c) => {
      const { split, class: label = null, count: wanted, offset, content: hash } = c.req.valid('query');
      const of = { dataset: c.req.valid('param').dataset, content: hash, split };
      return c.json(await samples.list(of, { label, offset, count: wanted }), 200);
    },
  );
  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/datasets/{dataset}/image',
      request: {
        ...inDataset,
        query: z.object({
          split: splitSchema.default('train'),
          index: count.describe('number of the image within the split'),
          size: z.coerce
            .number()
            .int()
            .min(16)
            .max(1024)
            .optional()
            .describe('of a large image: the shorter side resized, the middle cut out; default: as it is'),
          content,
        }),
      },
      responses: {
        200: {
          description: 'one image; with content its address never gives another one',
          content: {
            'image/png': { schema: z.string().openapi({ format: 'binary' }) },
            'image/jpeg': { schema: z.string().openapi({ format: 'binary' }) },
          },
        },
        304: { description: 'the image that the browser has' },
        ...refusals,
      },
    }),
    async (c) => {
      const { split, index, size = null, content: hash } = c.req.valid('query');
      const of = { dataset: c.req.valid('param').dataset, content: hash, split };
      return serveBytes(c, await samples.image(of, index, size)) as never;
    },
  );
  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/runs/{run}/probes/{step}/{kind}/confused',
      request: {
        params: z.object({ run: z.string(), step: count, kind: probeKindSchema }),
        query: z.object({
          split: probeSplitSchema.default('eval'),
          truth: count.describe('index of their class'),
          predicted: count.describe('index of the class that they were taken for'),
          limit: count.min(1).max(500).default(60),
          offset: count.default(0),
        }),
      },
      responses: { 200: json(confusedSchema, 'the images behind a cell of the confusion matrix'), ...refusals },
    }),
    async (c) => {
      const { run, ...probe } = c.req.valid('param');
      const { split, ...cell } = c.req.valid('query');
      return c.json(await samples.confused(run, { ...probe, split }, cell), 200);
    },
  );
}
