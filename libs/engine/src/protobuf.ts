// The few parts of protocol buffers that a SavedModel needs: varints, length-delimited fields, floats.
// https://protobuf.dev/programming-guides/encoding/

function varint(value: number | bigint): Buffer {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  do {
    const low = Number(rest & 127n);
    rest >>= 7n;
    bytes.push(rest > 0n ? low | 128 : low);
  } while (rest > 0n);
  return Buffer.from(bytes);
}

const tag = (field: number, wireType: number) => varint((field << 3) | wireType);

/** An integer, boolean or enum field. */
export const integer = (field: number, value: number | bigint): Buffer => Buffer.concat([tag(field, 0), varint(value)]);

/** A string, bytes or message field. */
export function message(field: number, body: Uint8Array | string): Buffer {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  return Buffer.concat([tag(field, 2), varint(bytes.length), bytes]);
}

/** A float field. */
export function float(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return Buffer.concat([tag(field, 5), bytes]);
}

/** A packed list of integers. */
export const integers = (field: number, values: readonly number[]): Buffer =>
  message(field, Buffer.concat(values.map(varint)));
