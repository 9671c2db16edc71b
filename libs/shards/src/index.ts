export { type Format } from './format.ts';
export { imageExtension } from './image-extension.ts';
export { largeShardFormat, readLargeShard, writeLargeShard } from './large-shard.ts';
export { type Sample, Samples, type SampleSource } from './samples.ts';
export { requireShard } from './require-shard.ts';
export { noClass, type ShardSample } from './sample.ts';
export { type PixelSize, samplesPerBlock, samplesPerSmallShard, shardSizes, shardSizesByBytes } from './sizes.ts';
export { readSmallShard, type SmallShard, smallShardFormat, writeSmallShard } from './small-shard.ts';
export { readViewBlock, type View, type ViewBlock, viewBlockFormat, writeViewBlock } from './view-block.ts';
