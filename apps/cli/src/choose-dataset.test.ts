import { afterEach, expect, test, vi } from 'vitest';

import type { ControlClient } from '#lib/client';
import type { DatasetSummary } from '#lib/contracts';

import { chooseDataset } from './choose-dataset.ts';

const summary = (dataset: string, state: DatasetSummary['state'] = 'ready'): DatasetSummary =>
  ({
    dataset,
    state,
    request: 'r1',
    reason: 'the address is gone',
    notes: [],
    remedy: null,
  }) as Partial<DatasetSummary> as DatasetSummary;

afterEach(() => vi.unstubAllGlobals());

/**
 * @param there datasets that were ingested before
 * @param failing names whose ingest fails
 */
async function choose(names: string[], { there = [] as string[], failing = [] as string[], isOffline = true } = {}) {
  const said: string[] = [];
  const asked: string[] = [];
  vi.stubGlobal('fetch', async () => {
    if (isOffline) throw new TypeError('fetch failed', { cause: new Error('getaddrinfo ENOTFOUND') });
    return new Response();
  });
  const client: Partial<ControlClient> = {
    datasets: async () => there.map((name) => summary(name)),
    dataset: async (name) => ({
      summary: summary(name, failing.includes(name) ? 'failed' : 'ready'),
      head: null,
      index: null,
      setAside: [],
      disk: { shardsBytes: 0, sharedBytes: 0, recordsBytes: 0 },
    }),
    ingest: async ({ dataset }) => {
      asked.push(dataset);
      return { dataset, request: 'r1' };
    },
  };
  const context = {
    json: true,
    control: async () => client as ControlClient,
    print: () => undefined,
    say: (text: string) => void said.push(text),
  };
  const choice = { context, client: client as ControlClient, signal: new AbortController().signal };
  const chosen = await chooseDataset(choice, names, '--data PATH takes your own').catch((error: unknown) => error);
  return { chosen, said, asked };
}

test('takes the first whose address answers', async () => {
  const { chosen, asked } = await choose(['cifar10', 'fashion-mnist'], { isOffline: false });
  expect([chosen, asked]).toEqual([expect.objectContaining({ dataset: 'cifar10' }), ['cifar10']]);
});

test('takes the next where an address can’t be reached, and says which, why and what else one can do', async () => {
  const { chosen, asked, said } = await choose(['cifar10', 'fashion-mnist']);
  expect([chosen, asked]).toEqual([expect.objectContaining({ dataset: 'fashion-mnist' }), ['fashion-mnist']]);
  expect(said).toEqual([
    "data: fashion-mnist, from its official source, since cifar10 can't be reached (getaddrinfo ENOTFOUND); --data PATH takes your own",
  ]);
});

test('what was ingested before needs no network', async () => {
  const { chosen, asked } = await choose(['cifar10', 'fashion-mnist'], { there: ['fashion-mnist', 'cifar10'] });
  expect([chosen, asked]).toEqual([expect.objectContaining({ dataset: 'cifar10' }), []]);
});

test('takes the next where an ingest fails; where all fail, every reason is told', async () => {
  const options = { isOffline: false, failing: ['cifar10'] };
  expect(await choose(['cifar10', 'fashion-mnist'], options)).toMatchObject({
    chosen: { dataset: 'fashion-mnist' },
    asked: ['cifar10', 'fashion-mnist'],
  });
  expect((await choose(['cifar10'], options)).chosen).toMatchObject({
    message: 'none of cifar10 can be had: ingest of cifar10 failed: the address is gone',
    remedy: '--data PATH takes your own',
  });
});
