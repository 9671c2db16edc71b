import type { Comparison, DatasetIndex, RunAbout, RunCurves, RunDetail, RunLog, RunSpec } from '#lib/contracts';

import type { PictureGroup } from './pictures.tsx';
import type { Projection } from './projection.tsx';

/** All that a report says of one run. */
export interface ReportRun {
  detail: RunDetail;
  curves: RunCurves;
  about: Pick<RunAbout, 'title' | 'tags' | 'notes'>;
  log: RunLog | null;
  /** what its recipe alone would give on its dataset; null where that can't be found out any more */
  defaults: RunSpec | null;
  pictures: PictureGroup[];
  /** null where none was made */
  projection: Projection | null;
}

/** What a report is made of: everything in it was read before, nothing is asked for later. */
export interface ReportData {
  title: string;
  /** when it was made, as in `toISOString` */
  madeAt: string;
  codeVersion: string;
  comparison: Comparison;
  dataset: DatasetIndex | null;
  runs: ReportRun[];
}
