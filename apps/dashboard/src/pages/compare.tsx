/** Runs beside each other. */
export function ComparePage({ runs }: { runs: string[] }) {
  return <h1>Compare {runs.length} runs</h1>;
}
