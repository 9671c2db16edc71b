import type { OpenAPIHono } from '@hono/zod-openapi';
import { streamSSE } from 'hono/streaming';

import { eventSchema, type UnlabelEvent } from '#lib/contracts';

import type { Control } from '../control.ts';

/** Events that a listener may be behind: one that takes no more is sent away, and fetches everything anew when it is back. */
const mostWaiting = 10_000;
/** Each event as it is sent; many pages may watch one run. */
const texts = new WeakMap<UnlabelEvent, string>();

function textOf(event: UnlabelEvent): string {
  const text = texts.get(event) ?? JSON.stringify(event);
  texts.set(event, text);
  return text;
}

/** Live events as server-sent events, each one JSON. */
export function eventRoutes(app: OpenAPIHono, control: Control): void {
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
        if (waiting.push(event) > mostWaiting) {
          leave();
          waiting.length = 0;
          stream.abort();
        }
        wake();
      });
      stream.onAbort(() => wake());
      try {
        while (!stream.aborted) {
          for (const event of waiting.splice(0)) await stream.writeSSE({ data: textOf(event) });
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
