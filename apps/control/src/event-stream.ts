import type { EventChunk, GatheredEvents } from './gathered-events.ts';

/** What a listener may be behind: one that takes no more is sent away, and fetches everything anew when it is back. */
const mostWaitingBytes = 4 * 1024 * 1024;
const beatMs = 15_000;
const beat: EventChunk = new TextEncoder().encode(': still here\n\n');

/**
 * Events as one listener gets them, and a sign of life after a silence. A stream of the plainest kind, which a chunk passes in
 * one step: many pages may listen beside a training.
 */
export function eventStream(gathered: Pick<GatheredEvents, 'listen'>): ReadableStream<EventChunk> {
  const waiting: EventChunk[] = [];
  let waitingBytes = 0;
  let taken: (() => void) | undefined; // there while somebody waits for the next chunk
  let end = () => undefined as void;
  return new ReadableStream<EventChunk>(
    {
      start(controller) {
        const send = (chunk: EventChunk) => {
          timer.refresh();
          if (taken) {
            controller.enqueue(chunk);
            taken();
            taken = undefined;
            return;
          }
          waiting.push(chunk);
          waitingBytes += chunk.byteLength;
          if (waitingBytes <= mostWaitingBytes) return;
          end();
          controller.close();
        };
        const timer = setTimeout(() => send(beat), beatMs).unref();
        const leave = gathered.listen(send);
        end = () => {
          leave();
          clearTimeout(timer);
          waiting.length = 0;
        };
      },
      pull(controller) {
        const chunk = waiting.shift();
        if (!chunk) return new Promise((resolve) => (taken = resolve));
        waitingBytes -= chunk.byteLength;
        controller.enqueue(chunk);
        return undefined;
      },
      cancel: () => end(),
    },
    { highWaterMark: 0 },
  );
}
