import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';

import {
  neighboursPictureSchema,
  type PictureName,
  picturesAskedSchema,
  picturesCallSchema,
  projectionPictureSchema,
  reconstructionsPictureSchema,
  runPicturesSchema,
  sha256Schema,
  viewsPictureSchema,
} from '#lib/contracts';
import { sha256 } from '#lib/storage';

import type { Control } from '../control.ts';
import { body, json, refused } from './answers.ts';
import { serveBytes } from './samples.ts';

const ofRun = { params: z.object({ run: z.string() }) };
const ofStep = { params: z.object({ run: z.string(), step: z.coerce.number().int().nonnegative() }) };
const refusals = { 400: refused, 404: refused, 409: refused };

/** Pictures of runs. */
export function pictureRoutes(app: OpenAPIHono, { pictures }: Control): void {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/runs/{run}/pictures',
      request: ofRun,
      responses: { 200: json(runPicturesSchema, 'which pictures a run has'), ...refusals },
    }),
    async (c) => c.json(await pictures.list(c.req.valid('param').run), 200),
  );
  app.openapi(
    createRoute({
      method: 'post',
      path: '/api/runs/{run}/pictures',
      request: { ...ofRun, ...body(picturesCallSchema) },
      responses: { 202: json(picturesAskedSchema, 'asked for'), ...refusals },
    }),
    async (c) => c.json(await pictures.ask(c.req.valid('param').run, c.req.valid('json')), 202),
  );
  contentRoute(app, pictures, 'views', viewsPictureSchema);
  contentRoute(app, pictures, 'reconstructions', reconstructionsPictureSchema);
  contentRoute(app, pictures, 'neighbours', neighboursPictureSchema);
  contentRoute(app, pictures, 'projection', projectionPictureSchema);
  for (const name of ['views', 'reconstructions'] as const)
    app.openapi(
      createRoute({
        method: 'get',
        path: `/api/runs/{run}/pictures/{step}/${name}.png`,
        request: {
          ...ofStep,
          query: z.object({
            sha256: sha256Schema.optional().describe('of the sheet: its address then gives no other'),
          }),
        },
        responses: {
          200: {
            description: `the sheet of ${name} of a step`,
            content: { 'image/png': { schema: z.string().openapi({ format: 'binary' }) } },
          },
          304: { description: 'the sheet that the browser has' },
          ...refusals,
        },
      }),
      async (c) => {
        const { run, step } = c.req.valid('param');
        const bytes = await pictures.sheet(run, step, name);
        const hash = sha256(bytes);
        const isImmutable = c.req.valid('query').sha256 === hash;
        return serveBytes(c, { type: 'image/png', bytes, etag: `"${hash}"`, isImmutable }) as never;
      },
    );
}

function contentRoute<T>(
  app: OpenAPIHono,
  pictures: Control['pictures'],
  name: PictureName,
  schema: z.ZodType<T>,
): void {
  app.openapi(
    createRoute({
      method: 'get',
      path: `/api/runs/{run}/pictures/{step}/${name}`,
      request: ofStep,
      responses: { 200: json(schema, `${name} of a step`), ...refusals },
    }),
    async (c) => {
      const { run, step } = c.req.valid('param');
      return c.json(await pictures.picture(run, step, name, schema), 200) as never;
    },
  );
}
