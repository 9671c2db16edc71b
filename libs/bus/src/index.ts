export { BadInputError, CrashError } from './bad-input.ts';
export { type Bus, type BusAddress, type BusChange, connectBus, type ConnectBusOptions, shownUrl } from './connect.ts';
export { dropDeadLetter, listDeadLetters, retryDeadLetter } from './dead-letters.ts';
export {
  type EventSubscription,
  publishEvent,
  type ReceivedEvent,
  subscribeEvents,
  type SubscribeOptions,
} from './events.ts';
export { heldEvents } from './held-events.ts';
export { publishJob, type PublishOptions } from './jobs.ts';
export { type BusLog, silentLog } from './log.ts';
export { type QueueDepth, queueDepths } from './queue-depths.ts';
export { deadLetterCount, type QueueState, queueStates } from './queue-states.ts';
export {
  ensureConsumer,
  ensureStreams,
  type JobConsumer,
  jobConsumers,
  picturesConsumer,
  type StreamOptions,
} from './streams.ts';
export { clearStrikes, type MarkStore, maxStrikes, strikeKey } from './strikes.ts';
export { work, type Work } from './worker.ts';
export {
  type Job,
  type JobEnd,
  type JobEvent,
  type Outcome,
  workDefaults,
  type WorkOptions,
} from './worker-options.ts';
