import { type MonitorReading, type Monitors } from '#lib/contracts';
import { knn, type LabelledFeatures, rankMe, stdOfNormalised } from '#lib/evaluation';

/** Embeddings that the monitors look at. */
export interface MonitoredEmbeddings {
  /** of images of train, [N, D]; N is the larger of `samples` and the bank's size */
  train: LabelledFeatures;
  /** of images of tune, [Q, D]; absent where there is no online k-NN */
  tune?: LabelledFeatures | undefined;
  classes: number;
}

/**
 * Figures of the encoder as it is now: the mean standard deviation of its normalised embeddings (Chen & He 2021), their
 * effective rank (RankMe, Garrido et al. 2023), and the top-1 of k-NN with a bank of `train` on queries of `tune`.
 * @throws UsageError for embeddings that are not finite
 */
export async function readMonitors(
  { samples, onlineKnn }: Monitors,
  { train, tune, classes }: MonitoredEmbeddings,
): Promise<Omit<MonitorReading, 'monitorSeconds'>> {
  const first = firstRows(train, samples);
  const reading = {
    embeddingStd: stdOfNormalised(first).mean,
    embeddingSize: train.shape[1],
    rankMe: rankMe(first),
  };
  if (!onlineKnn || !tune) return reading;
  const { bankSamples, k, temperature } = onlineKnn;
  const { ranking } = await knn({ bank: firstRows(train, bankSamples), queries: tune, classes, k, temperature });
  const right = tune.labels.reduce((sum, label, row) => sum + (ranking[row * classes] === label ? 1 : 0), 0);
  return { ...reading, onlineKnn: right / tune.labels.length };
}

function firstRows({ data, shape: [rows, columns], labels }: LabelledFeatures, count: number): LabelledFeatures {
  const kept = Math.min(rows, count);
  return { data: data.subarray(0, kept * columns), shape: [kept, columns], labels: labels.subarray(0, kept) };
}
