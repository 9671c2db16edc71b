/** What images there are. */
export function DatasetsPage() {
  return <h1>Datasets</h1>;
}
