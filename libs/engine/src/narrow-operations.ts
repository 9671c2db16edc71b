import { attribute, type Attributes, dataType, type Graph } from './graph.ts';

interface NarrowRule {
  /** positions of the inputs that are taken in bfloat16 */
  operands: readonly number[];
  /** always; where a layer's product asks for it; or where the inputs at these positions are in bfloat16 already */
  when: 'always' | 'in a layer' | readonly number[];
}

/**
 * Products of layers are where the time goes, and the operations between them follow, so that activations stay narrow from one
 * product to the next. Losses, softmax, layer norms, optimisers and statistics are float32, as in PyTorch's autocast.
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
  /** outputs of nodes that are bfloat16 */
  readonly #narrow = new Set<string>();
  readonly #narrowed = new Map<string, string>();
  readonly #widened = new Map<string, string>();

  constructor(graph: Graph) {
    this.#graph = graph;
  }

  /** Adds an operation of the float32 step. Returns its node, whose first output may be bfloat16: see `wide`. */
  add(name: string, inputs: readonly string[], attributes: Attributes, isInLayer: boolean): string {
    const rule = rules[name];
    if (!rule || !this.#applies(rule, inputs, isInLayer))
      return this.#graph.add(
        name,
        inputs.map((input) => this.wide(input)),
        attributes,
      );
    const operands = inputs.map((input, i) => (rule.operands.includes(i) ? this.#narrowOf(input) : this.wide(input)));
    const node = this.#graph.add(name, operands, { ...attributes, T: narrowType });
    this.#narrow.add(node);
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
