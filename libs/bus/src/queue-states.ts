import { type Stage, stages, streamNames } from '#lib/contracts';

import { type Bus } from './connect.ts';

/** A stage's queue as a whole. */
export interface QueueState {
  stage: Stage;
  /** jobs that wait for a worker */
  pending: number;
  /** jobs delivered and not acknowledged */
  inFlight: number;
  /** jobs that ended since the stream was made: those that were in it and are no more */
  ended: number;
}

/** Every stage's queue, in the order of the pipeline. */
export function queueStates(bus: Bus): Promise<QueueState[]> {
  return Promise.all(stages.map((stage) => stateOf(bus, stage)));
}

async function stateOf(bus: Bus, stage: Stage): Promise<QueueState> {
  const stream = streamNames[stage];
  let inFlight = 0;
  for await (const { num_ack_pending } of bus.manager.consumers.list(stream)) inFlight += num_ack_pending;
  const { state } = await bus.manager.streams.info(stream);
  // A job that ends between the two answers would be counted as in flight and as ended.
  inFlight = Math.min(inFlight, state.messages);
  return { stage, inFlight, pending: state.messages - inFlight, ended: state.last_seq - state.messages };
}

/** How many jobs were given up and neither retried nor dropped. */
export const deadLetterCount = async (bus: Bus): Promise<number> =>
  (await bus.manager.streams.info(streamNames.dead)).state.messages;
