import { type ConsumerInfo } from '@nats-io/jetstream';

import { stages, streamNames } from '#lib/contracts';

import { type Bus } from './connect.ts';

/** How much work a consumer has. */
export interface QueueDepth {
  stream: string;
  consumer: string;
  /** waiting for a worker */
  pending: number;
  /** delivered and not acknowledged: in work, or waiting for a lease to end or a delay to pass */
  inFlight: number;
  /** of those in flight, delivered more than once */
  redelivered: number;
}

/** The depth of every queue, by consumer. A queue that no worker has used yet has no consumer, and its jobs stand under ''. */
export async function queueDepths(bus: Bus): Promise<QueueDepth[]> {
  const depths: QueueDepth[] = [];
  for (const stream of stages.map((stage) => streamNames[stage])) {
    const consumers: ConsumerInfo[] = [];
    for await (const consumer of bus.manager.consumers.list(stream)) consumers.push(consumer);
    for (const { name, num_pending, num_ack_pending, num_redelivered } of consumers)
      depths.push({
        stream,
        consumer: name,
        pending: num_pending,
        inFlight: num_ack_pending,
        redelivered: num_redelivered,
      });
    const { state } = await bus.manager.streams.info(stream);
    const counted = consumers.reduce((sum, { num_pending, num_ack_pending }) => sum + num_pending + num_ack_pending, 0);
    if (state.messages > counted)
      depths.push({ stream, consumer: '', pending: state.messages - counted, inFlight: 0, redelivered: 0 });
  }
  return depths;
}
