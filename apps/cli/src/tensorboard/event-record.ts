import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

import { maskedCrc } from './crc32c.ts';

/** Numbers at a step, by tag. */
export interface ScalarEvent {
  /** milliseconds since 1970 */
  at: number;
  step: number;
  values: readonly (readonly [tag: string, value: number])[];
}

// Field numbers of tensorflow/core/util/event.proto and framework/summary.proto.
const event = { wallTime: 1, step: 2, fileVersion: 3, summary: 5 } as const;
const summary = { value: 1 } as const;
const summaryValue = { tag: 1, simpleValue: 2 } as const;

/** The first record of an event file, by which readers know what it is. @param at milliseconds since 1970 */
export const versionRecord = (at: number): Uint8Array =>
  record(
    new BinaryWriter()
      .tag(event.wallTime, WireType.Bit64)
      .double(at / 1000)
      .tag(event.fileVersion, WireType.LengthDelimited)
      .string('brain.Event:2')
      .finish(),
  );

/** One record of scalars. */
export function scalarRecord({ at, step, values }: ScalarEvent): Uint8Array {
  const writer = new BinaryWriter().tag(event.wallTime, WireType.Bit64).double(at / 1000);
  writer.tag(event.step, WireType.Varint).int64(step);
  writer.tag(event.summary, WireType.LengthDelimited).fork();
  for (const [tag, value] of values) {
    writer.tag(summary.value, WireType.LengthDelimited).fork();
    writer.tag(summaryValue.tag, WireType.LengthDelimited).string(tag);
    writer.tag(summaryValue.simpleValue, WireType.Bit32).float(value);
    writer.join();
  }
  return record(writer.join().finish());
}

/** A TFRecord: length, its checksum, the bytes, their checksum; little endian. */
function record(data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(8 + 4 + data.length + 4);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedCrc(bytes.subarray(0, 8)), true);
  bytes.set(data, 12);
  view.setUint32(12 + data.length, maskedCrc(data), true);
  return bytes;
}
