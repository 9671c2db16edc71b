/** A memory that modules and JavaScript share. */
export interface WasmMemory {
  readonly buffer: ArrayBuffer;
  /** Adds pages; `buffer` is another one then. @throws RangeError if there is no more memory */
  grow(pages: number): number;
}

/** The parts of the WebAssembly API that are used here: the types of Node lack it, those of browsers bring the whole DOM. */
interface WebAssemblyApi {
  Memory: new (size: { initial: number }) => WasmMemory;
  Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  Instance: new (module: object, imports: Record<string, Record<string, WasmMemory>>) => { exports: object };
}

export const { WebAssembly } = globalThis as unknown as { WebAssembly: WebAssemblyApi };
