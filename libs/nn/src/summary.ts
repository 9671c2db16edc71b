import { count } from '#lib/figures';

import { type Backbone, type ParameterSpec } from './module.ts';

/** Numbers in the trainable parameters; buffers (running statistics, fixed positions) don't count. */
export function countParameters(parameters: readonly ParameterSpec[]): number {
  return parameters
    .filter(({ trainable }) => trainable)
    .reduce((total, { shape }) => total + shape.reduce((product, length) => product * length, 1), 0);
}

export interface ModelTable {
  /** encoder's layers, then each head as a whole; output shapes are those of one image */
  layers: { layer: string; outputShape: number[] | null; parameters: number }[];
  /** trainable parameters of all of it */
  parameters: number;
}

/** A method's model as a table: `encoder.` and its layers, then what else it trains by the first part of its name. */
export function modelTable(encoder: Backbone, parameters: readonly ParameterSpec[]): ModelTable {
  const { height, width, channels } = encoder.inputSize;
  const heads = Map.groupBy(parameters, ({ name }) => name.split('.')[0] as string);
  heads.delete('encoder');
  const layers = [
    { layer: 'images', outputShape: [height, width, channels], parameters: 0 },
    ...encoder.layers.map(({ name, outputShape, parameters: count }) => ({
      layer: `encoder.${name}`,
      outputShape: [...outputShape],
      parameters: count,
    })),
    ...[...heads].map(([layer, own]) => ({ layer, outputShape: null, parameters: countParameters(own) })),
  ];
  return { layers, parameters: countParameters(parameters) };
}

/** The model as a text table: layer, shape of its output without the batch axis, trainable parameters, and the total. */
export function summarize(backbone: Backbone): string {
  const { height, width, channels } = backbone.inputSize;
  const rows = [
    ['layer', 'output shape', 'parameters'],
    ['images', `[${height}, ${width}, ${channels}]`, ''],
    ...backbone.layers.map((layer) => [layer.name, `[${layer.outputShape.join(', ')}]`, count(layer.parameters)]),
    [`${backbone.name}`, `[${backbone.featureSize}]`, count(countParameters(backbone.parameters))],
  ] as [string, string, string][];
  const [first, second, third] = [0, 1, 2].map((i) => Math.max(...rows.map((row) => (row[i] as string).length)));
  return rows
    .map(([layer, shape, count]) =>
      `${layer.padEnd(first as number)}  ${shape.padEnd(second as number)}  ${count.padStart(third as number)}`.trimEnd(),
    )
    .join('\n');
}
