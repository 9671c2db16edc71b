import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { describe, expect, test } from 'vitest';

import type { StepMetrics } from '#lib/contracts';
import { temporaryFolder } from '#lib/testing';

import { crc32c } from './crc32c.ts';
import { appendEvents, eventFilePath, writeEventFile } from './event-file.ts';

const step = (at: number, change: Partial<StepMetrics> = {}): StepMetrics => ({
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
function readEvents(bytes: Uint8Array) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const events: { wallTime: number; step: number; version: string | undefined; scalars: Map<string, number> }[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = Number(view.getBigUint64(at, true));
    expect(unmasked(view.getUint32(at + 8, true))).toBe(slowCrc(bytes.subarray(at, at + 8)));
    const data = bytes.subarray(at + 12, at + 12 + length);
    expect(unmasked(view.getUint32(at + 12 + length, true))).toBe(slowCrc(data));
    events.push(readEvent(data));
    at += 16 + length;
  }
  return events;
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
    expect(reader.tag()).toEqual([1, WireType.LengthDelimited]);
    const value = new BinaryReader(reader.bytes());
    expect(value.tag()).toEqual([1, WireType.LengthDelimited]);
    const tag = value.string();
    expect(value.tag()).toEqual([2, WireType.Bit32]);
    expect(scalars.has(tag)).toBe(false);
    scalars.set(tag, value.float());
  }
}

describe('checksums', () => {
  test('are those of RFC 3720', () => {
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
    expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
  });
});

test('an event file has its version first, then every step and what was measured, in the order of steps', async () => {
  await using folder = await temporaryFolder('tensorboard');
  const path = eventFilePath(folder.path, 'mae-1', '2026-01-01T00:00:00.000Z');
  expect(path).toBe(join(folder.path, 'mae-1', 'events.out.tfevents.1767225600.unlabel'));
  const monitors = { embeddingStd: 0.1, embeddingSize: 8, rankMe: 3, onlineKnn: 0.5, monitorSeconds: 1 };
  await writeEventFile(
    path,
    [step(1), step(2, { monitors }), step(3, { resources: { cpuShare: 1.5, memoryBytes: 2 ** 31 } })],
    [{ at: 1_700_000_000_900, step: 2, tag: 'eval/linear', value: 0.75 }],
  );
  const [version, ...events] = readEvents(await readFile(path));
  expect(version).toMatchObject({ version: 'brain.Event:2', wallTime: 1_700_000_000.001 });
  expect(events.map((event) => event.step)).toEqual([1, 2, 2, 3]);
  expect(Object.fromEntries(events[0]?.scalars ?? [])).toEqual({
    'progress/epoch': 0,
    loss: 1,
    'optimisation/learning_rate': Math.fround(0.1),
    'optimisation/gradient_norm': 2,
    'speed/images_per_second': 100,
    'speed/wait_seconds': 0,
    'loss_terms/invariance': 0.25,
    'loss_terms/redundancy': 1,
  });
  expect(events[1]?.scalars.get('monitors/online_knn')).toBe(0.5);
  expect(events[1]?.wallTime).toBe(1_700_000_000.002);
  expect(events[2]?.scalars).toEqual(new Map([['eval/linear', 0.75]]));
  expect(events[3]?.scalars.get('resources/memory_bytes')).toBe(2 ** 31);
});

test('steps can be added to a file that was begun, and writing it again replaces it', async () => {
  await using folder = await temporaryFolder('tensorboard');
  const path = eventFilePath(folder.path, 'a', '2026-01-01T00:00:00.000Z');
  await writeEventFile(path, [], []);
  await appendEvents(path, [step(1), step(2)]);
  expect(readEvents(await readFile(path)).map((event) => event.step)).toEqual([0, 1, 2]);
  await writeEventFile(path, [step(1)], []);
  expect(readEvents(await readFile(path))).toHaveLength(2);
});

test('a step beyond 32 bits is written whole', async () => {
  await using folder = await temporaryFolder('tensorboard');
  const path = join(folder.path, 'events');
  await writeEventFile(path, [step(2 ** 40)], []);
  expect(readEvents(await readFile(path))[1]?.step).toBe(2 ** 40);
});
