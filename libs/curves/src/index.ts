export { foldSteps, pointOf } from './fold-steps.ts';
export { foldedCurvesOf, packCurves, stepsPerEntry, unpackCurves } from './folded-curves.ts';
export { bytesOf, columnsOf, type Quantity, type StepColumns } from './step-columns.ts';
