import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

import type { StepMetrics } from '#lib/contracts';

/** The metrics of a step, but for what is said otherwise. */
export const stepOf = (at: number, change: Partial<StepMetrics> = {}): StepMetrics => ({
  step: at,
  epoch: Math.floor(at / 10),
  loss: 1 / at,
  terms: { invariance: 0.25, redundancy: at },
  learningRate: 0.1,
  gradientNorm: 2,
  imagesPerSecond: 100,
  waitSeconds: 0,
  at: 1_700_000_000_000 + at,
  ...change,
});

/** What an event file says, read as its format is described: every length and checksum compared, unknown fields refused. */
export function readEvents(bytes: Uint8Array) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const events: { wallTime: number; step: number; version: string | undefined; scalars: Map<string, number> }[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = Number(view.getBigUint64(at, true));
    check(view.getUint32(at + 8, true), bytes.subarray(at, at + 8));
    const data = bytes.subarray(at + 12, at + 12 + length);
    check(view.getUint32(at + 12 + length, true), data);
    events.push(readEvent(data));
    at += 16 + length;
  }
  return events;
}

function check(masked: number, bytes: Uint8Array): void {
  if (unmasked(masked) !== slowCrc(bytes)) throw new Error('a checksum of the event file is wrong');
}

/** Bit by bit, without the table of what is tested. */
function slowCrc(bytes: Uint8Array): number {
  let crc = 0xffffffffn;
  for (const byte of bytes) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ 0x82f63b78n : crc >> 1n;
  }
  return Number(crc ^ 0xffffffffn);
}

function unmasked(masked: number): number {
  const rotated = (masked - 0xa282ead8) >>> 0;
  return ((rotated >>> 17) | (rotated << 15)) >>> 0;
}

function readEvent(data: Uint8Array) {
  const reader = new BinaryReader(data);
  const event = {
    wallTime: NaN,
    step: 0,
    version: undefined as string | undefined,
    scalars: new Map<string, number>(),
  };
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag();
    if (field === 1 && wire === WireType.Bit64) event.wallTime = reader.double();
    else if (field === 2 && wire === WireType.Varint) event.step = Number(reader.int64());
    else if (field === 3 && wire === WireType.LengthDelimited) event.version = reader.string();
    else if (field === 5 && wire === WireType.LengthDelimited) readSummary(reader.bytes(), event.scalars);
    else throw new Error(`unknown field ${field} of an event`);
  }
  return event;
}

function readSummary(data: Uint8Array, scalars: Map<string, number>): void {
  const reader = new BinaryReader(data);
  while (reader.pos < reader.len) {
    wanted(reader, 1, WireType.LengthDelimited);
    const value = new BinaryReader(reader.bytes());
    wanted(value, 1, WireType.LengthDelimited);
    const tag = value.string();
    wanted(value, 2, WireType.Bit32);
    if (scalars.has(tag)) throw new Error(`${tag} is told twice`);
    scalars.set(tag, value.float());
  }
}

function wanted(reader: BinaryReader, field: number, wire: WireType): void {
  const found = reader.tag();
  if (found[0] !== field || found[1] !== wire)
    throw new Error(`field ${found.join(', ')} of a summary, expected ${field}, ${wire}`);
}
