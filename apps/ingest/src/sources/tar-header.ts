import { FormatError } from '#lib/contracts';

/** Length of a header and of the blocks that contents are padded to. */
export const blockBytes = 512;

/** What a member is: the letter of its header, by name. Links, devices and folders are `other`. */
export type MemberType = 'file' | 'pax-header' | 'gnu-long-path' | 'other-extension' | 'other';

export interface TarHeader {
  name: string;
  type: MemberType;
  sizeBytes: number;
}

const types: Record<string, MemberType> = {
  '0': 'file',
  '\0': 'file',
  '7': 'file', // contiguous file
  x: 'pax-header',
  L: 'gnu-long-path',
  g: 'other-extension', // pax header of all members
  K: 'other-extension', // GNU long name of a link
};

/**
 * Reads the header of a member: v7, ustar (POSIX.1-1988, with its prefix of the name) or GNU (sizes in base 256).
 * @returns null for a block of zeros, which ends an archive
 * @throws FormatError if its checksum is wrong
 */
export function readTarHeader(block: Uint8Array): TarHeader | null {
  let [sum, isZero] = [0, true];
  for (let i = 0; i < blockBytes; i++) {
    const byte = block[i] as number;
    if (byte !== 0) isZero = false;
    sum += i >= 148 && i < 156 ? 32 : byte; // the checksum counts as spaces
  }
  if (isZero) return null;
  if (number(block.subarray(148, 156)) !== sum) throw new FormatError('the checksum of a header is wrong');
  const isPosix = text(block.subarray(257, 263)) === 'ustar' && block[262] === 0; // GNU has a space there, and no prefix
  const prefix = isPosix ? text(block.subarray(345, 500)) : '';
  const name = text(block.subarray(0, 100));
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    type: types[String.fromCharCode(block[156] as number)] ?? 'other',
    sizeBytes: number(block.subarray(124, 136)),
  };
}

/** The records of a pax header, `<length> <key>=<value>\n` each. @throws FormatError for a record that is none */
export function readPaxRecords(bytes: Uint8Array): Map<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < bytes.length && bytes[at] !== 0;) {
    const space = bytes.indexOf(32, at);
    const length = Number(text(bytes.subarray(at, Math.max(at, space))));
    const record = bytes.subarray(space + 1, at + length - 1);
    const equals = record.indexOf(61);
    if (!(length > 0) || at + length > bytes.length || equals < 1) throw new FormatError('a pax header is damaged');
    records.set(text(record.subarray(0, equals)), text(record.subarray(equals + 1)));
    at += length;
  }
  return records;
}

/** UTF-8 up to the first zero byte. */
export function text(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

/** Octal digits, or base 256 where the first bit is set. NaN for neither. */
function number(bytes: Uint8Array): number {
  if ((bytes[0] as number) & 0x80)
    return bytes.reduce((value, byte, i) => value * 256 + (i === 0 ? byte & 0x7f : byte), 0);
  const digits = text(bytes).trim();
  return /^[0-7]*$/.test(digits) ? Number.parseInt(digits || '0', 8) : Number.NaN;
}
