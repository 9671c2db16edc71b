import { effect, signal } from '@preact/signals';

import { client } from './client.ts';
import { LiveStream } from './live-stream.ts';
import { problemOf, type Problem } from './problem.ts';
import { tokenWanted } from './token.ts';

/** Why no events come; undefined while they do. */
export const disconnected = signal<Problem | undefined>(undefined);

const stream = new LiveStream({
  events: (signal, onOpen) => client.events(signal, onOpen),
  nextFrame: (draw) => void requestAnimationFrame(draw),
  wait: (ms, signal) =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
    }),
  onConnection: (error) => (disconnected.value = error === undefined ? undefined : problemOf(error)),
});

/** Listens to events, all of a frame at once. @returns stops listening */
export const onEvents = stream.onEvents.bind(stream);

/** Has something fetched again whenever events may have been missed. @returns stops that */
export const onGap = stream.onGap.bind(stream);

/** Keeps the page live while it is seen: a tab in the background holds no connection and does nothing. */
export function keepLive(): void {
  const follow = () => (document.hidden || tokenWanted.peek() !== undefined ? stream.stop() : stream.start());
  document.addEventListener('visibilitychange', follow);
  effect(() => {
    void tokenWanted.value; // after a login everything is fetched at once
    follow();
  });
}
