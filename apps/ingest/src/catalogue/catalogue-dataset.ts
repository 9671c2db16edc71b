/** A dataset known by name: fetched once from its official place into the cache, checked by hash. */
export interface CatalogueDataset {
  name: string;
  title: string;
  from: string;
  /** Downloads and converts into `folder`; returns what ingest shall read. Safe to call again. */
  prepare(folder: string, log: (text: string) => void): Promise<{ sources: string[]; evalSources: string[] | null }>;
}
