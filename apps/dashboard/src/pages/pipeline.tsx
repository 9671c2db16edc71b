/** Who works on what. */
export function PipelinePage() {
  return <h1>Pipeline</h1>;
}
