export { canonicalJson, hashJson, sha256Text } from './canonical.ts';
export {
  ConflictError,
  type ErrorOptions,
  FormatError,
  NotFoundError,
  TokenError,
  UnlabelError,
  UsageError,
} from './errors.ts';
export {
  type Admission,
  admissionQuestionSchema,
  admissionSchema,
  type MemoryEstimate,
  memoryEstimateSchema,
  type ModelLayer,
  modelLayerSchema,
  type RunModel,
  runModelSchema,
  type TrainingPlace,
  trainingPlaceSchema,
} from './run-model.ts';
export {
  decodeSafetensors,
  encodeSafetensors,
  entriesOfSafetensors,
  hostTensor,
  type HostTensor,
  type SafetensorsEntry,
  type TensorArray,
  type TensorDtype,
} from './safetensors.ts';
export {
  type RunCheck,
  runCheckSchema,
  type ApiError,
  apiErrorSchema,
  type ApiHealth,
  apiHealthSchema,
  type CatalogueEntry,
  catalogueEntrySchema,
  type CompareRow,
  compareRowSchema,
  type Comparison,
  comparisonSchema,
  type DatasetDetail,
  type DatasetRemoved,
  datasetRemovedSchema,
  datasetDetailSchema,
  type DatasetSummary,
  datasetSummarySchema,
  type DoctorReport,
  type ForkCall,
  forkCallSchema,
  doctorReportSchema,
  type IngestCall,
  ingestCallSchema,
  ingestStartedSchema,
  type AskedProbe,
  askedProbeSchema,
  type ProbeCall,
  probeCallSchema,
  probesAskedSchema,
  type ProbeStatus,
  probeStatusSchema,
  type RunCall,
  runCallSchema,
  type RunDetail,
  runDetailSchema,
  runMetricsSchema,
  type RunRecipe,
  runRecipeSchema,
  runStartedSchema,
  type RunSummary,
  runSummarySchema,
  type Stack,
  stackSchema,
} from './api.ts';
export {
  type DatasetHead,
  datasetHeadSchema,
  type DatasetTombstone,
  isBuried,
  type StoredDatasetHead,
  storedDatasetHeadSchema,
  type DatasetIndex,
  datasetIndexSchema,
  type IngestOptions,
  ingestOptionsSchema,
  type IngestPart,
  ingestPartSchema,
  type IngestPlan,
  type IngestPlanPart,
  ingestPlanPartSchema,
  ingestPlanSchema,
  ingestPlannedSchema,
  type IngestRequest,
  ingestRequestSchema,
  type Shard,
  shardSchema,
  type SourceImage,
} from './dataset.ts';
export {
  type Computation,
  computationInWords,
  computationSchema,
  type ComputationWay,
  computationWaySchema,
  threadsOf,
  type ComputePrecision,
  computePrecisionSchema,
} from './computation.ts';
export { type RunBudget, runBudgetSchema, type Trial, trialSchema } from './budget.ts';
export { type Experiment, type ExperimentFile, experimentFileSchema, experimentSchema } from './experiment.ts';
export {
  type ExperimentCall,
  experimentCallSchema,
  type ExperimentDetail,
  experimentDetailSchema,
  type ExperimentStarted,
  experimentStartedSchema,
  type ExperimentSummary,
  experimentSummarySchema,
} from './experiment-api.ts';
export { type Reported, reportedSchema } from './reported.ts';
export { eventSchema, type UnlabelEvent } from './events.ts';
export {
  type AugmentJob,
  augmentJobSchema,
  ingestJobSchema,
  type IngestPartJob,
  type IngestPlanJob,
  type PretrainJob,
  pretrainJobSchema,
  type ProbeJob,
  probeJobSchema,
  type ProbeKind,
  probeKindSchema,
  type ProbeSplit,
  probeSplitSchema,
  type PicturesJob,
  picturesJobSchema,
  type PicturesKind,
  picturesKindSchema,
  type ProbeStageJob,
  probeStageJobSchema,
} from './jobs.ts';
export { keys, kindOfKey } from './keys.ts';
export { nameSchema, sha256Schema, type Split, splitSchema } from './names.ts';
export {
  type BestCheckpoint,
  type CheckpointEntry,
  checkpointEntrySchema,
  type CheckpointManifest,
  checkpointManifestSchema,
  type Cursor,
  type MonitorReading,
  type RunHead,
  newRunHead,
  overStates,
  runHeadSchema,
  type RunState,
  type StepMetrics,
  stepMetricsSchema,
  type StopperState,
  type ResourceReading,
  resourceReadingSchema,
  type TuneReading,
  waitShareOf,
} from './run.ts';
export {
  type EarlyStopping,
  type MonitorName,
  type Monitors,
  type StoppingRule,
  stoppingProbeKinds,
  stoppingRuleSchema,
  stoppingRules,
} from './stopping.ts';
export { bestMetric, betterCheckpoint, isProbedOnTune, probeTrainSamples } from './tune-probes.ts';
export {
  type FineTuneOptions,
  type LinearSgdOptions,
  type ProbeOptions,
  probeOptionsSchema,
  type Recipe,
  recipeSchema,
  type RunResolved,
  runResolvedSchema,
  type RunSpec,
  runSpecSchema,
  type Views,
  viewsSchema,
} from './spec.ts';
export { kindOfSubject, type Stage, stages, streamNames, subjects } from './subjects.ts';
export { type FromTrainer, fromTrainerSchema, type ToTrainer, toTrainerSchema } from './trainer.ts';
export { type OptimiserOptions, optimiserSchema, type ScheduleOptions, scheduleSchema } from './optimisation.ts';
export {
  type EmbeddingFigures,
  embeddingFiguresSchema,
  type FromMeasure,
  fromMeasureSchema,
  type ProbeResult,
  probeResultSchema,
  type ToMeasure,
  toMeasureSchema,
} from './probe.ts';
export { type ViewOperation, viewOperationSchema, type ViewRecipe, viewRecipeSchema } from './views.ts';
export { nearestName, unknownName } from './nearest.ts';
export { viewSizes } from './views.ts';
export {
  maxWeightsBytes,
  type Weights,
  type WeightsFormat,
  weightsSchema,
  type WeightsStored,
  weightsStoredSchema,
} from './weights.ts';
export {
  type DeadLetter,
  type DeadLetterCall,
  deadLetterCallSchema,
  type DeadLetterEnd,
  deadLetterEndSchema,
  deadLetterSchema,
} from './dead-letter.ts';
export {
  presenceExpiresMs,
  presenceFilter,
  presenceSubject,
  type WorkerPresence,
  workerPresenceSchema,
} from './presence.ts';
export {
  pixelsHash,
  pixelsSettings,
  pixelSide,
  probeInWords,
  probeResultKey,
  startingEncoder,
} from './probe-target.ts';
export { codeVersion } from './version.ts';
export { type FoldedCurves, foldedCurvesSchema } from './folded-curves.ts';
export { type Curve, curveReadings, curveSchema, type RunCurves, runCurvesSchema } from './curves.ts';
export { type Pipeline, pipelineSchema } from './pipeline.ts';
export { nothingAbout, type RunAbout, type RunAboutCall, runAboutCallSchema, runAboutSchema } from './run-about.ts';
export { type RunLog, type RunLogEntry, runLogEntrySchema, runLogSchema } from './run-log.ts';
export { isPictured } from './pictured.ts';
export { flattenSettings, settingsThatDiffer, settingText } from './settings.ts';
export {
  type NeighboursPicture,
  neighboursPictureSchema,
  type PictureName,
  pictureNames,
  picturesAskedSchema,
  type PicturesCall,
  picturesCallSchema,
  type PicturesMade,
  picturesMadeSchema,
  type ProjectionPicture,
  projectionPictureSchema,
  reconstructionColumns,
  type ReconstructionsPicture,
  reconstructionsPictureSchema,
  type RunPictures,
  runPicturesSchema,
  type Sheet,
  sheetSchema,
  type ViewsPicture,
  viewsPictureSchema,
} from './pictures.ts';
export {
  type Confused,
  confusedSchema,
  type DatasetSample,
  type DatasetSamples,
  datasetSamplesSchema,
  sampleSchema,
} from './samples.ts';
export { decodePredictions, encodePredictions, type Predictions } from './predictions.ts';
