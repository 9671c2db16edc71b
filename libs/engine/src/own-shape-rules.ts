import { dataType } from './graph.ts';
import type { KnownTensor, ShapeRule } from './shape-rules.ts';

const like =
  (...inputs: number[]): ShapeRule =>
  (call) =>
    inputs.map((input) => {
      const { shape, dtype } = call.inputs[input] as KnownTensor;
      return { shape, dtype };
    });
const channelsOf = ({ shape }: KnownTensor): KnownTensor => ({
  shape: [shape.at(-1) as number],
  dtype: dataType.float,
});

const layerNormed: ShapeRule = ({ inputs }) => {
  const { shape, dtype } = inputs[0] as KnownTensor;
  const rows = { shape: [shape.slice(0, -1).reduce((product, side) => product * side, 1)], dtype: dataType.float };
  return [{ shape, dtype }, rows, rows];
};
const batchNormed: ShapeRule = ({ inputs }) => {
  const { shape, dtype } = inputs[0] as KnownTensor;
  const channels = channelsOf({ shape, dtype });
  return [{ shape, dtype }, channels, channels];
};
const batchNormGradients: ShapeRule = ({ inputs, attribute }) => {
  const { shape, dtype } = inputs[1] as KnownTensor;
  const channels = channelsOf({ shape, dtype });
  return [{ shape, dtype }, channels, channels, { shape: attribute('add_residual') === true ? shape : [0], dtype }];
};

const attended: ShapeRule = ({ inputs }) => {
  const { shape, dtype } = inputs[0] as KnownTensor;
  return [{ shape: shape.with(-1, (shape.at(-1) as number) / 3), dtype }];
};

/** Rules for the operations of libs/engine/kernels. */
export const ownShapeRules: Record<string, ShapeRule> = {
  UnlabelAdam: like(0, 0, 0),
  UnlabelAttention: attended,
  UnlabelAttentionGradient: like(1),
  UnlabelBatchNorm: batchNormed,
  UnlabelBatchNormGradient: batchNormGradients,
  UnlabelBias: like(0),
  UnlabelBiasGelu: like(0),
  UnlabelBiasGeluGradient: like(0, 2),
  UnlabelColumnSums: ({ inputs }) => [channelsOf(inputs[0] as KnownTensor)],
  UnlabelLayerNorm: layerNormed,
  UnlabelLayerNormGradient: like(1, 2, 2),
  UnlabelMomentum: like(0, 0),
  UnlabelSumOfSquares: () => [{ shape: [], dtype: dataType.float }],
};
