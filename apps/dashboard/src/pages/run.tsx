/** One run. */
export function RunPage({ run }: { run: string }) {
  return <h1>{run}</h1>;
}
