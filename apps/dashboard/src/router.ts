/** Where a person is. Its address is a hash, so that the page can be served as one file and opened at any place. */
export type Place =
  | { page: 'runs' }
  | { page: 'run'; run: string }
  | { page: 'compare'; runs: string[] }
  | { page: 'datasets' }
  | { page: 'dataset'; dataset: string }
  | { page: 'pipeline' }
  | { page: 'unknown'; hash: string };

/** What a name may be (`nameSchema` of contracts), so that an address can't lead anywhere else. */
const name = /^[a-z0-9][a-z0-9_-]{0,63}$/;

const listed = (text: string | null): string[] => [
  ...new Set((text ?? '').split(',').filter((part) => name.test(part))),
];

/** The place of a hash; an empty one is the list of runs. */
export function placeOf(hash: string): Place {
  const [path = '', query = ''] = hash.replace(/^#/, '').split('?', 2) as [string?, string?];
  const [page, id, ...more] = path
    .split('/')
    .filter((part) => part !== '')
    .map(decoded);
  const unknown: Place = { page: 'unknown', hash };
  if (more.length > 0 || (id !== undefined && !name.test(id))) return unknown;
  if (page === undefined) return { page: 'runs' };
  if (page === 'runs') return id === undefined ? { page } : { page: 'run', run: id };
  if (page === 'datasets') return id === undefined ? { page } : { page: 'dataset', dataset: id };
  if (page === 'compare' && id === undefined) return { page, runs: listed(new URLSearchParams(query).get('runs')) };
  if (page === 'pipeline' && id === undefined) return { page };
  return unknown;
}

/** The hash of a place, for `href`. */
export function hashOf(place: Place): string {
  switch (place.page) {
    case 'run':
      return `#/runs/${place.run}`;
    case 'dataset':
      return `#/datasets/${place.dataset}`;
    case 'compare':
      return place.runs.length === 0 ? '#/compare' : `#/compare?runs=${place.runs.join(',')}`;
    case 'unknown':
      return place.hash;
    default:
      return `#/${place.page}`;
  }
}

/** What the window is called there. */
export function titleOf(place: Place): string {
  const names: Record<Exclude<Place['page'], 'run' | 'dataset'>, string> = {
    runs: 'Runs',
    compare: 'Compare',
    datasets: 'Datasets',
    pipeline: 'Pipeline',
    unknown: 'Not found',
  };
  const what = place.page === 'run' ? place.run : place.page === 'dataset' ? place.dataset : names[place.page];
  return `${what} · Unlabel`;
}

/** A part of an address; one that is no encoding stands for itself. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
