import { type Code, type Local, readLocal, unsigned, type ValueType } from './instructions.ts';

/** A function of a module, before it is one: its parameters in order, and its code. */
export interface Kernel {
  params: ValueType[];
  locals: ValueType[];
  code: Code;
}

const codes: Record<ValueType, number> = { i32: 0x7f, f32: 0x7d, f64: 0x7c, v128: 0x7b };
const header = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const end = 0x0b;

/**
 * Describes a function without result.
 * @param params names and types, in the order of the call
 * @param build gives the code; `local` makes a variable, which starts as zero
 */
export function kernel<Name extends string>(
  params: Record<Name, ValueType>,
  build: (params: Record<Name, Local>, local: (type: ValueType) => Local) => Code[],
): Kernel {
  const types = Object.values<ValueType>(params);
  const locals: ValueType[] = [];
  const named = Object.fromEntries(Object.keys(params).map((name, i) => [name, readLocal(i)])) as Record<Name, Local>;
  const code = build(named, (type) => readLocal(types.length + locals.push(type) - 1)).flat();
  return { params: types, locals, code };
}

const vector = (items: readonly Code[]): Code => [...unsigned(items.length), ...items.flat()];
const text = (value: string): Code => vector([...new TextEncoder().encode(value)].map((byte) => [byte]));
const sized = (content: Code): Code => [...unsigned(content.length), ...content];
const section = (id: number, items: readonly Code[]): Code => [id, ...sized(vector(items))];
const types = (list: readonly ValueType[]): Code => vector(list.map((type) => [codes[type]]));

/** The binary module of kernels, which share the memory imported as `memory.memory`; each is exported by its name. */
export function assemble(kernels: Record<string, Kernel>): Uint8Array<ArrayBuffer> {
  const list = Object.values(kernels);
  const body = ({ locals, code }: Kernel) => sized([...vector(locals.map((type) => [1, codes[type]])), ...code, end]);
  return Uint8Array.from([
    ...header,
    ...section(
      1,
      list.map(({ params }) => [0x60, ...types(params), 0]),
    ),
    ...section(2, [[...text('memory'), ...text('memory'), 2, 0, 0]]),
    ...section(
      3,
      list.map((_, i) => unsigned(i)),
    ),
    ...section(
      7,
      Object.keys(kernels).map((name, i) => [...text(name), 0, ...unsigned(i)]),
    ),
    ...section(10, list.map(body)),
  ]);
}
