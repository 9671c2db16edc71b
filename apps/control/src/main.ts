// Serves the API and the dashboard, and asks for whatever objects say is still to be done.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { serve } from '@hono/node-server';
import { serveStatic } from '@hono/node-server/serve-static';

import {
  deadLetterCount,
  dropDeadLetter,
  heldEvents,
  listDeadLetters,
  publishEvent,
  publishJob,
  queueStates,
  retryDeadLetter,
  shownUrl,
  subscribeEvents,
} from '#lib/bus';
import { codeVersion, eventSchema, subjects } from '#lib/contracts';
import { openSurroundings, runService, serviceMetrics } from '#lib/service';

import { askAdmission } from './admission/ask.ts';
import { Control } from './control.ts';
import { controlFigures } from './control-figures.ts';
import { doctorReport } from './doctor.ts';
import { loadRecipes } from './recipes.ts';
import { apiRoutes } from './routes.ts';
import { serviceRoutes } from './routes/service.ts';
import { listenAddress, requireToken } from './token.ts';
import { keepWarm } from './warm-up.ts';

const root = resolve(fileURLToPath(import.meta.url), '../../../..');
const defaultPort = 4280;
/** of a run; more than any has in the day that events are held */
const heldStates = 2_000;
const sampleQueuesEveryMs = 5_000;

runService('control', async (service) => {
  const { config, log, signal } = service;
  const guard = requireToken(config);
  const metrics = serviceMetrics('control', { takesJobs: false });
  const { bus, store } = await openSurroundings('control', service, metrics);
  const control = new Control({
    version: codeVersion,
    store,
    nats: shownUrl(config.natsUrl),
    publish: (subject, job) => publishJob(bus, subject, job, { signal }),
    recipes: await loadRecipes(resolve(root, 'recipes')),
    doctor: () => doctorReport(bus, store),
    deadLetters: {
      list: () => listDeadLetters(bus),
      retry: (subject) => retryDeadLetter(bus, store, subject, signal),
      drop: (subject) => dropDeadLetter(bus, subject),
    },
    states: {
      announce: (event) => void publishEvent(bus, subjects.eventsRunState(event.run), event),
      held: async (run) => {
        const held = await heldEvents(bus, subjects.eventsRunState(run), heldStates);
        return held.flatMap(({ message, at }) => {
          const { data } = eventSchema.safeParse(message);
          return data?.type === 'run-state' ? [{ event: data, atMs: at.getTime() }] : [];
        });
      },
    },
    queues: { states: () => queueStates(bus), deadLetters: () => deadLetterCount(bus) },
    viewsBytes: config.viewsBytes,
    admission: askAdmission,
    log,
  });
  const events = await subscribeEvents(bus, subjects.eventsAll(), ({ message }) => {
    const parsed = eventSchema.safeParse(message);
    if (parsed.success) control.receive(parsed.data);
    else control.workers.receive(message);
  });
  const app = apiRoutes(control, guard);
  controlFigures(metrics.registry, () => control.pipeline.now());
  serviceRoutes(app, { registry: metrics.registry, isReady: () => bus.isConnected() && !signal.aborted });
  const site = resolve(root, 'dist/apps/dashboard');
  if (existsSync(site)) app.use('/*', serveStatic({ root: site }));
  else
    app.get('/', (c) => c.text('the dashboard is not built: npm run setup\nthe API is described at /openapi.json\n'));
  const server = serve(
    { fetch: app.fetch, hostname: listenAddress(config.host), port: config.port ?? defaultPort },
    ({ port }) => log.info({ address: `http://${config.host}:${port}` }, 'listening'),
  );
  const reconcile = async () => {
    try {
      await control.reconciler.all();
      const cleaned = await control.viewCache.clean();
      if (cleaned.evictedBytes > 0) log.info(cleaned, 'view blocks over the budget were removed');
    } catch (error) {
      if (!signal.aborted) log.error({ error: String(error) }, 'reconciling failed; it is tried again');
    }
  };
  void reconcile().then(() =>
    keepWarm(control.runs, signal, (error) =>
      log.debug({ error: String(error) }, 'pages are read when they are asked for'),
    ),
  );
  const timer = setInterval(() => void reconcile(), config.reconcileEveryMs);
  const sampling = setInterval(
    () =>
      void control.pipeline.sample().catch((error: unknown) => log.debug({ error: String(error) }, 'no queue seen')),
    sampleQueuesEveryMs,
  );
  return {
    async stop() {
      clearInterval(timer);
      clearInterval(sampling);
      await events.close();
      await new Promise<void>((done) => {
        server.close(() => done());
        if ('closeAllConnections' in server) server.closeAllConnections();
      });
      await bus.close();
    },
  };
});
