import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';

import { type ApiError, apiErrorSchema, ConflictError, NotFoundError, UnlabelError, UsageError } from '#lib/contracts';

import type { Control } from '../control.ts';

export const json = <T extends z.ZodType>(schema: T, description: string) => ({
  description,
  content: { 'application/json': { schema } },
});
export const refused = json(apiErrorSchema, 'refused: what is wrong and what to do');
export const body = <T extends z.ZodType>(schema: T) => ({
  body: { required: true, content: { 'application/json': { schema } } },
});
/** The answer to what was wanted and has nothing more to say. */
export const done = z.strictObject({ ok: z.literal(true) });

/** A route that reads one thing without parameters. */
export const get = <T extends z.ZodType>(path: string, schema: T, description: string) =>
  createRoute({
    method: 'get',
    path,
    responses: { 200: json(schema, description), 400: refused, 404: refused, 409: refused },
  });

/** Every error as the API tells it: the status of its class, and what to do. What nobody foresaw is logged. */
export function answerError(error: Error, c: Context, control: Control): Response {
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
