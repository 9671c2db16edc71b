import { randomBytes } from 'node:crypto';
import { statfs } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { type Bus, ensureStreams, listDeadLetters, queueDepths } from '#lib/bus';
import { type DoctorReport, streamNames, UnlabelError } from '#lib/contracts';
import { type ObjectStore, probeKey, probeStore } from '#lib/storage';

type Check = DoctorReport['checks'][number];

/** Nothing rests on clocks; logs and tables of several machines are read side by side. */
const mostSkewMs = 2_000;
/** Below this a run of large images waits for its views. */
const leastBytesPerSecond = 20e6;
const leastFreeBytes = 2e9;
const measuredBytes = 8 * 1024 * 1024;

/** Runs the checks that every service runs at its start and some more, and says what it found. */
export async function doctorReport(bus: Bus, store: ObjectStore): Promise<DoctorReport> {
  return {
    checks: [
      await check('NATS', () => server(bus)),
      await check('streams', () => streams(bus)),
      await check('clock', () => clock(bus)),
      await check('storage', async () => {
        const { store: name, creators, durationMs } = await probeStore(store);
        return `${name}: one of ${creators} concurrent creators won, in ${durationMs} ms`;
      }),
      await check('throughput', () => throughput(store)),
      ...(store.describe().startsWith('file:') ? [await check('disk', () => disk(store))] : []),
      await check('dead letters', () => deadLetters(bus)),
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

async function server(bus: Bus): Promise<string> {
  const startMs = performance.now();
  await bus.connection.flush();
  const { version = 'unknown' } = bus.connection.info ?? {};
  return `${bus.connection.getServer()}, version ${version}, answers in ${(performance.now() - startMs).toFixed(1)} ms`;
}

async function streams(bus: Bus): Promise<string> {
  await ensureStreams(bus);
  const depths = await queueDepths(bus);
  const waiting = depths.reduce((total, { pending, inFlight }) => total + pending + inFlight, 0);
  return `settings as they should be; ${waiting} jobs waiting or in work`;
}

async function clock(bus: Bus): Promise<string> {
  const askedMs = Date.now();
  const { ts } = await bus.manager.streams.info(streamNames.events);
  if (ts === undefined) return 'the NATS server does not tell its own (it is older than 2.10)';
  const skewMs = Date.parse(ts) - (askedMs + Date.now()) / 2;
  const found = `the NATS server's differs from control's by ${(Math.abs(skewMs) / 1000).toFixed(1)} s`;
  if (Math.abs(skewMs) > mostSkewMs)
    throw new UnlabelError(found, { remedy: 'let both machines follow a time server (NTP); no result depends on it' });
  return found;
}

/** Writes an object and reads it back. */
async function throughput(store: ObjectStore): Promise<string> {
  const key = probeKey();
  const timed = async (work: () => Promise<unknown>): Promise<number> => {
    const startMs = performance.now();
    await work();
    return measuredBytes / ((performance.now() - startMs) / 1000);
  };
  try {
    const [written, read] = [
      await timed(() => store.create(key, randomBytes(measuredBytes))),
      await timed(() => store.get(key)),
    ];
    const found = `8 MiB written at ${megabytes(written)}/s, read at ${megabytes(read)}/s`;
    if (Math.min(written, read) < leastBytesPerSecond)
      throw new UnlabelError(`${found}: slow`, {
        remedy: 'use a storage nearer to the workers, or smaller images; training will wait for its views',
      });
    return found;
  } finally {
    await store.delete(key);
  }
}

async function disk(store: ObjectStore): Promise<string> {
  const folder = fileURLToPath(store.describe());
  const { bavail, bsize } = await statfs(folder);
  const found = `${megabytes(bavail * bsize)} are free at ${folder}`;
  if (bavail * bsize < leastFreeBytes)
    throw new UnlabelError(found, {
      remedy: 'make room, or lower UNLABEL_VIEWS_BYTES: the cache of view blocks is most of what storage holds',
    });
  return found;
}

async function deadLetters(bus: Bus): Promise<string> {
  const { length } = await listDeadLetters(bus);
  if (length > 0)
    throw new UnlabelError(`${length === 1 ? '1 job was' : `${length} jobs were`} given up`, {
      remedy: 'see them: ./unlabel dead-letters',
    });
  return 'none: no job was given up';
}

const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6).toLocaleString('en-US')} MB`;
