import type { OpenAPIHono } from '@hono/zod-openapi';
import { streamSSE } from 'hono/streaming';

import { eventSchema } from '#lib/contracts';

import type { EventChunk, GatheredEvents } from '../gathered-events.ts';

/** What a listener may be behind: one that takes no more is sent away, and fetches everything anew when it is back. */
const mostWaitingBytes = 4 * 1024 * 1024;
const beatMs = 15_000;

/** Live events as server-sent events, each one JSON. */
export function eventRoutes(app: OpenAPIHono, gathered: GatheredEvents): void {
  app.openAPIRegistry.registerPath({
    method: 'get',
    path: '/api/events',
    responses: {
      200: {
        description: 'events as they happen; with many listeners those of up to two seconds together',
        content: { 'text/event-stream': { schema: eventSchema } },
      },
    },
  });
  app.get('/api/events', (c) =>
    streamSSE(c, async (stream) => {
      const waiting: EventChunk[] = [];
      let waitingBytes = 0;
      let wake = () => undefined as void;
      const leave = gathered.listen((chunk) => {
        waiting.push(chunk);
        waitingBytes += chunk.byteLength;
        if (waitingBytes > mostWaitingBytes) {
          leave();
          waiting.length = 0;
          stream.abort();
        }
        wake();
      });
      stream.onAbort(() => wake());
      try {
        while (!stream.aborted) {
          for (let chunk = waiting.shift(); chunk && !stream.aborted; chunk = waiting.shift()) {
            await stream.write(chunk);
            waitingBytes -= chunk.byteLength;
          }
          if (stream.aborted) break;
          const kept = new Promise<void>((resolve) => (wake = resolve));
          const beat = setTimeout(() => wake(), beatMs);
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
