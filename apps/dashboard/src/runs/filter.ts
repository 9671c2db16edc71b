import type { RunSummary } from '#lib/contracts';

/** What of the list of runs one wants to see; empty texts: all. */
export interface RunFilter {
  text: string;
  state: string;
  method: string;
  dataset: string;
  tag: string;
}
export const everyRun: RunFilter = { text: '', state: '', method: '', dataset: '', tag: '' };

const textOf = ({ run, recipe, backbone, method, dataset, about }: RunSummary): string =>
  [run, recipe, backbone, method, dataset, about.title ?? '', ...about.tags, about.notes].join(' ').toLowerCase();

/** Runs that have all that is asked for; every word of the text must be somewhere in what is said of a run. */
export function filtered(runs: readonly RunSummary[], { text, state, method, dataset, tag }: RunFilter): RunSummary[] {
  const words = text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  return runs.filter(
    (run) =>
      (state === '' || run.state === state) &&
      (method === '' || run.method === method) &&
      (dataset === '' || run.dataset === dataset) &&
      (tag === '' || run.about.tags.includes(tag)) &&
      words.every((word) => textOf(run).includes(word)),
  );
}

/** What there is to choose from. */
export function choicesOf(runs: readonly RunSummary[]): Record<'state' | 'method' | 'dataset' | 'tag', string[]> {
  const all = (of: (run: RunSummary) => string[]) => [...new Set(runs.flatMap(of))].sort();
  return {
    state: all(({ state }) => [state]),
    method: all(({ method }) => [method]),
    dataset: all(({ dataset }) => [dataset]),
    tag: all(({ about }) => about.tags),
  };
}
