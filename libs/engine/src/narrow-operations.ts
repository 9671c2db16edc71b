import { attribute, type Attributes, dataType, type Graph } from './graph.ts';
import { type OwnForm, ownFormOf, type RecordedCall } from './own-forms.ts';

interface NarrowRule {
  /** positions of the inputs that are taken in bfloat16 */
  operands: readonly number[];
  /** positions of the outputs that are in bfloat16; default: the first */
  outputs?: readonly number[];
  /** always; where a layer's product asks for it; or where the inputs at these positions are in bfloat16 already */
  when: 'always' | 'in a layer' | readonly number[];
}

/**
 * Products of layers are where the time goes, and the operations between them follow, so that activations stay narrow from one
 * product to the next. Losses, optimisers and statistics are float32, as in PyTorch's autocast; own kernels read and write
 * narrow maps and compute in float32.
 */
const rules: Record<string, NarrowRule> = {
  Conv2D: { operands: [0, 1], when: 'always' },
  Conv2DBackpropInput: { operands: [1, 2], when: 'always' },
  Conv2DBackpropFilter: { operands: [0, 2], when: 'always' },
  BatchMatMulV2: { operands: [0, 1], when: 'in a layer' },
  FusedBatchNormV3: { operands: [0], when: [0] },
  FusedBatchNormGradV3: { operands: [0, 1], when: [1] },
  Relu: { operands: [0], when: [0] },
  ReluGrad: { operands: [0, 1], when: [1] },
  MaxPool: { operands: [0], when: [0] },
  MaxPoolGrad: { operands: [0, 1, 2], when: [0] },
  Add: { operands: [0, 1], when: [0, 1] },
  PadV2: { operands: [0, 2], when: [0] },
  Slice: { operands: [0], when: [0] },
  Reshape: { operands: [0], when: [0] },
  Transpose: { operands: [0], when: [0] },
  UnlabelAttention: { operands: [0], when: [0] },
  UnlabelAttentionGradient: { operands: [0, 1], when: [1] },
  UnlabelBatchNorm: { operands: [0, 3], when: [0] },
  UnlabelBatchNormGradient: { operands: [0, 1, 2], outputs: [0, 3], when: [1] },
  UnlabelBias: { operands: [0], when: [0] },
  UnlabelBiasGelu: { operands: [0], when: [0] },
  UnlabelBiasGeluGradient: { operands: [0, 1], when: [1] },
  UnlabelColumnSums: { operands: [0], outputs: [], when: [0] },
  UnlabelLayerNorm: { operands: [], when: 'always' }, // its result goes into products
  UnlabelLayerNormGradient: { operands: [0], outputs: [], when: [0] },
};

const narrowType = attribute.type(dataType.bfloat16);
const cast = (from: number, to: number): Attributes => ({
  SrcT: attribute.type(from),
  DstT: attribute.type(to),
  Truncate: attribute.boolean(false),
});

/** Adds a float32 step's operations to a graph, some of them in bfloat16. A tensor is cast once each way, where one wants it. */
export class NarrowOperations {
  readonly #graph: Graph;
  readonly #kernels: string | undefined;
  /** outputs of nodes that are bfloat16 */
  readonly #narrow = new Set<string>();
  readonly #narrowed = new Map<string, string>();
  readonly #widened = new Map<string, string>();

  /** @param kernels what of the processor the own kernels use; undefined: there are none */
  constructor(graph: Graph, kernels: string | undefined) {
    this.#graph = graph;
    this.#kernels = kernels;
  }

  /** Adds an operation of the float32 step. Returns its node, whose first output may be bfloat16: see `wide`. */
  add(name: string, inputs: readonly string[], attributes: Attributes, call: RecordedCall): string {
    const form =
      this.#kernels && ownFormOf({ ...call, isNarrow: inputs.map((input) => this.#narrow.has(input)) }, this.#kernels);
    if (form) return this.#addOwn(form, inputs);
    const rule = rules[name];
    if (!rule || !this.#applies(rule, inputs, call.isInLayer))
      return this.#graph.add(
        name,
        inputs.map((input) => this.wide(input)),
        attributes,
      );
    const operands = inputs.map((input, i) => (rule.operands.includes(i) ? this.#narrowOf(input) : this.wide(input)));
    const node = this.#graph.add(name, operands, { ...attributes, T: narrowType });
    for (const k of rule.outputs ?? [0]) this.#narrow.add(k === 0 ? node : `${node}:${k}`);
    return node;
  }

  /** Adds the form of an operation that own kernels have for narrow operands. */
  #addOwn(form: OwnForm, inputs: readonly string[]): string {
    const taken = form.operands.map((i) => inputs[i] as string);
    const operands = taken.map((input, i) => (form.narrow[i] ? this.#narrowOf(input) : this.wide(input)));
    const node = this.#graph.add(form.operation, operands, form.attributes);
    if (form.isResultNarrow) this.#narrow.add(node);
    return node;
  }

  /** The same output in float32. */
  wide(output: string): string {
    if (!this.#narrow.has(output)) return output;
    const known = this.#widened.get(output);
    if (known !== undefined) return known;
    const node = this.#graph.add('Cast', [output], cast(dataType.bfloat16, dataType.float));
    this.#widened.set(output, node);
    return node;
  }

  isNarrow(output: string): boolean {
    return this.#narrow.has(output);
  }

  #applies({ when }: NarrowRule, inputs: readonly string[], isInLayer: boolean): boolean {
    if (when === 'always') return true;
    if (when === 'in a layer') return isInLayer;
    return when.every((i) => this.#narrow.has(inputs[i] ?? ''));
  }

  #narrowOf(output: string): string {
    if (this.#narrow.has(output)) return output;
    const known = this.#narrowed.get(output);
    if (known !== undefined) return known;
    const node = this.#graph.add('Cast', [output], cast(dataType.float, dataType.bfloat16));
    this.#narrowed.set(output, node);
    return node;
  }
}
