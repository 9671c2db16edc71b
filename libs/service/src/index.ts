export { readConfig, type ServiceConfig, serviceVariables } from './config.ts';
export { endWithParent } from './end-with-parent.ts';
export { type Health, serveHealth } from './health.ts';
export { runService, type ServiceContext, type ServiceState, type Started } from './lifecycle.ts';
export { measuredStore } from './measured-store.ts';
export { errorFields, type Log, makeLog } from './log.ts';
export { serviceMetrics, type ServiceMetrics } from './service-metrics.ts';
export { openSurroundings, runWorker, type WorkerContext, type WorkerStage } from './worker.ts';
export { announceWorker, type Presence, type PresenceOptions } from './worker-presence.ts';
