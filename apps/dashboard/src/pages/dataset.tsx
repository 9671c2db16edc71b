/** One dataset. */
export function DatasetPage({ dataset }: { dataset: string }) {
  return <h1>{dataset}</h1>;
}
