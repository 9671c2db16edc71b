import type { ControlClient } from '#lib/client';
import { type DatasetSummary, type IngestOptions, UnlabelError } from '#lib/contracts';

import { ingestOptions } from './commands/ingest.ts';
import type { Context } from './context.ts';
import { readyLine, waitForDataset } from './wait-dataset.ts';

/** Addresses whose answer says beforehand whether a dataset can be had; of others, trying says it. */
const addresses: Record<string, string> = { cifar10: 'https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz' };
const reachableWithinMs = 5000;

export interface DatasetChoice {
  context: Context;
  client: ControlClient;
  signal: AbortSignal;
}

/**
 * The first dataset of a list that can be had: one that is there already, or one of the catalogue whose source answers.
 * Says which one it is, and why those before it are not.
 *
 * @param otherwise what the user can do to have another, for the message
 * @returns undefined if the signal is aborted meanwhile
 * @throws UnlabelError with every reason if none can be had
 */
export async function chooseDataset(
  { context, client, signal }: DatasetChoice,
  names: readonly string[],
  otherwise: string,
): Promise<DatasetSummary | undefined> {
  const ready = new Map(
    (await client.datasets()).filter(({ state }) => state === 'ready').map((summary) => [summary.dataset, summary]),
  );
  const reasons: string[] = [];
  const because = () => (reasons.length === 0 ? '' : `, since ${reasons.join('; ')}; ${otherwise}`);
  for (const name of names) {
    const there = ready.get(name);
    if (there) {
      context.say(`data: ${name}, ingested before${because()}`);
      return there;
    }
    const why = await unreachable(name);
    if (why !== undefined) {
      reasons.push(`${name} can't be reached (${why})`);
      continue;
    }
    context.say(`data: ${name}, from its official source${because()}`);
    try {
      const { request } = await client.ingest({ dataset: name, options: await ingestOptions([name], {}) });
      return await waitForDataset(client, name, request, signal, context.json ? process.stderr : process.stdout);
    } catch (error) {
      if (!(error instanceof UnlabelError)) throw error;
      reasons.push(error.message);
    }
  }
  throw new UnlabelError(`none of ${names.join(', ')} can be had: ${reasons.join('; ')}`, { remedy: otherwise });
}

/** Ingests a source under a name, unless that name holds it already. */
export async function ingestOnce(
  { context, client, signal }: DatasetChoice,
  dataset: string,
  options: IngestOptions,
): Promise<DatasetSummary | undefined> {
  const there = (await client.datasets()).find((summary) => summary.dataset === dataset && summary.state === 'ready');
  if (there?.source === options.sources.join(', ')) {
    context.say(readyLine(there));
    return there;
  }
  const { request } = await client.ingest({ dataset, options });
  return waitForDataset(client, dataset, request, signal, context.json ? process.stderr : process.stdout);
}

/** Why a dataset's address does not answer; undefined if it does, or has none that could be asked. */
async function unreachable(name: string): Promise<string | undefined> {
  const address = addresses[name];
  if (address === undefined) return undefined;
  try {
    const answer = await fetch(address, { method: 'HEAD', signal: AbortSignal.timeout(reachableWithinMs) });
    return answer.ok ? undefined : `it answered ${answer.status}`;
  } catch (error) {
    const { cause, message } = error as Error;
    return cause instanceof Error ? cause.message : message;
  }
}
