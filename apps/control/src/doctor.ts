import type { Bus } from '#lib/bus';
import { ensureStreams, queueDepths } from '#lib/bus';
import { type DoctorReport, UnlabelError } from '#lib/contracts';
import { type ObjectStore, probeStore } from '#lib/storage';

type Check = DoctorReport['checks'][number];

/** Runs the checks that every service runs at its start, and says what it found. */
export async function doctorReport(bus: Bus, store: ObjectStore): Promise<DoctorReport> {
  const roundTrip = async () => {
    const startMs = performance.now();
    await bus.connection.flush();
    return `${bus.connection.getServer()}, version ${bus.connection.info?.version ?? 'unknown'}, answers in ${(performance.now() - startMs).toFixed(1)} ms`;
  };
  return {
    checks: [
      await check('NATS', roundTrip),
      await check('streams', async () => {
        await ensureStreams(bus);
        const depths = await queueDepths(bus);
        const waiting = depths.reduce((total, { pending, inFlight }) => total + pending + inFlight, 0);
        return `settings as they should be; ${waiting} jobs waiting or in work`;
      }),
      await check('storage', async () => {
        const { store: name, creators, durationMs } = await probeStore(store);
        return `${name}: one of ${creators} concurrent creators won, in ${durationMs} ms`;
      }),
    ],
  };
}

async function check(name: string, run: () => Promise<string>): Promise<Check> {
  try {
    return { check: name, ok: true, found: await run(), remedy: null };
  } catch (error) {
    const remedy = error instanceof UnlabelError ? (error.remedy ?? null) : null;
    return { check: name, ok: false, found: error instanceof Error ? error.message : String(error), remedy };
  }
}
