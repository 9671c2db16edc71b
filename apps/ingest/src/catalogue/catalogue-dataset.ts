/** How preparing tells where it stands. */
export interface PrepareReports {
  log(text: string): void;
  /** called as downloading and converting advance */
  progress(): void;
}

/** A dataset known by name: fetched once from its official place into the cache, checked by hash. */
export interface CatalogueDataset {
  name: string;
  title: string;
  from: string;
  /** Downloads and converts into `folder`; returns what ingest shall read. Safe to call again. */
  prepare(folder: string, reports: PrepareReports): Promise<{ sources: string[]; evalSources: string[] | null }>;
}
