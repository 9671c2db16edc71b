export { type Capture } from './capture.ts';
export { firstClasses, labelRanks, meanTopKPerClass, rankClasses, topKAccuracy } from './accuracy.ts';
export {
  type BinaryLogistic,
  binaryLogisticGradient,
  binaryLogisticStep,
  binaryProbability,
} from './binary-logistic.ts';
export {
  type ClassFigures,
  type ClassificationReport,
  classificationReport,
  type ClassReport,
  reportText,
} from './classification-report.ts';
export { alignment, rankMe, rankOfSingularValues, type RankOptions, stdOfNormalised, uniformity } from './collapse.ts';
export { confusionByRow, confusionMatrix } from './confusion-matrix.ts';
export { classifier, type Classifier, targetInput } from './classifier.ts';
export { embeddingFigures } from './embedding-figures.ts';
export {
  type Features,
  type IdentifiedFeatures,
  type LabelledFeatures,
  type OnProgress,
  type Progress,
  selectRows,
} from './features.ts';
export { knn, type KnnOptions, type KnnVotes } from './knn.ts';
export { lbfgs, type LbfgsOptions, type LbfgsResult } from './lbfgs.ts';
export {
  linearLogits,
  type LinearProbeState,
  linearProbeState,
  type ProbeGradient,
  type ProbeSgdOptions,
  softmaxGradient,
  softmaxStep,
} from './linear-probe-sgd.ts';
export { type LinearSgdArguments, linearSgdProbe } from './linear-sgd.ts';
export {
  type LogisticModel,
  type LogisticOptions,
  logisticProbabilities,
  logisticRegression,
  logisticScores,
} from './logistic-regression.ts';
export { nearestNeighbours, type NearestOptions, type Neighbours } from './nearest-neighbours.ts';
export { type Pca, pca } from './pca.ts';
export { type KnnProbeOptions, knnProbe, linearProbe, type LinearProbeOptions, type ProbeArguments } from './probe.ts';
export { type OutcomeArguments, probeOutcome, type ProbeOutcome } from './probe-outcome.ts';
export {
  type BatchNormOptions,
  probeBatchNormEval,
  probeBatchNormTrain,
  type RunningStatistics,
} from './probe-batch-norm.ts';
export { regularisationGrid, type SelectedRegularisation, selectRegularisation } from './select-regularisation.ts';
export { type DoubleMatrix, singularValues } from './singular-values.ts';
export { fitStandardScaler, type StandardScaler, standardiseRows } from './standard-scaler.ts';
export { otherRows, stratifiedSubset, type SubsetOptions } from './stratified-subset.ts';
export { type SymmetricEigen, symmetricEigen } from './symmetric-eigen.ts';
