export { reportHtml } from './document.tsx';
export { type PictureGroup } from './pictures.tsx';
export { type Projection } from './projection.tsx';
export { type ReportData, type ReportRun } from './report-data.ts';
export { type Verdict, verdict } from './verdict.ts';
export { wilson } from './wilson.ts';
