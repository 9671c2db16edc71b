import { UsageError } from '#lib/contracts';

const maxComponentBytes = 200;
const maxKeyBytes = 800;
/** `@` is left out on purpose: the file driver builds its own names with it. */
const component = /^[A-Za-z0-9_=-][A-Za-z0-9._=-]*$/;
const prefixCharacters = /^[A-Za-z0-9._=/-]*$/;
const rule = `components of letters, digits and "._=-", none empty, starting with a dot or over ${maxComponentBytes} bytes, joined by "/"; ${maxKeyBytes} bytes in all`;

/** Whether every store can hold this key. */
export function isKey(key: string): boolean {
  return key.length <= maxKeyBytes && key.split('/').every(isComponent);
}

/**
 * Accepts the keys that every store can hold: a file system needs components that are names, some S3 servers map keys
 * to paths, AWS allows 1,024 bytes with the store's own prefix. That no key may be a folder of another is found by the driver.
 * @throws UsageError that quotes the key
 */
export function checkKey(key: string): void {
  if (isKey(key)) return;
  const bad = key.split('/').find((part) => !isComponent(part));
  const what = bad === undefined ? `${key.length} bytes are too many` : `component ${quote(bad)} is not allowed`;
  throw new UsageError(`storage key ${quote(key)}: ${what}`, { remedy: `use ${rule}` });
}

/** Accepts the start of a key: the empty string, a folder with its slash, or a part of a component. @throws UsageError */
export function checkPrefix(prefix: string): void {
  const folders = prefix.split('/').slice(0, -1);
  if (!prefixCharacters.test(prefix) || !folders.every(isComponent))
    throw new UsageError(`storage prefix ${JSON.stringify(prefix)} is not the start of a key`, {
      remedy: `use ${rule}`,
    });
}

/** Accepts a folder: the empty string, or one with its slash. @throws UsageError */
export function checkFolder(folder: string): void {
  checkPrefix(folder);
  if (folder === '' || folder.endsWith('/')) return;
  throw new UsageError(`storage folder ${JSON.stringify(folder)} has no slash at its end`, {
    remedy: `use "${folder}/"`,
  });
}

function isComponent(part: string): boolean {
  return component.test(part) && part.length <= maxComponentBytes;
}

/** A name that is too long is shown only in part. */
function quote(text: string): string {
  return JSON.stringify(text.length > maxComponentBytes ? `${text.slice(0, maxComponentBytes)}…` : text);
}
