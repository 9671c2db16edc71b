import type { OpenAPIHono } from '@hono/zod-openapi';

import { eventSchema } from '#lib/contracts';

import { eventStream } from '../event-stream.ts';
import type { GatheredEvents } from '../gathered-events.ts';

/** Live events as server-sent events, each one JSON. */
export function eventRoutes(app: OpenAPIHono, gathered: GatheredEvents): void {
  app.openAPIRegistry.registerPath({
    method: 'get',
    path: '/api/events',
    responses: {
      200: {
        description: 'events as they happen; with many listeners steps of up to five seconds together',
        content: { 'text/event-stream': { schema: eventSchema } },
      },
    },
  });
  app.get('/api/events', (c) =>
    c.body(eventStream(gathered), 200, {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-cache',
      'Transfer-Encoding': 'chunked', // the first chunk is not waited for before the answer begins
    }),
  );
}
