export interface Progress {
  (doneBytes: number): void;
  end(): void;
}

/** One line of the set-up, on standard error. */
export const say = (line: string): void => void process.stderr.write(`unlabel: ${line}\n`);

/** Seconds since `startedMs` (of `performance.now()`), as text. */
export const since = (startedMs: number): string => `${((performance.now() - startedMs) / 1000).toFixed(1)} s`;

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0);

/**
 * Shows how far a download is: on a terminal one line that changes, else a line every few seconds and at the end.
 *
 * @param totalBytes undefined where the server did not say
 */
export function showProgress(
  name: string,
  totalBytes: number | undefined,
  stream: Pick<NodeJS.WriteStream, 'isTTY' | 'write'> = process.stderr,
): Progress {
  const startedMs = performance.now();
  let first: number | undefined;
  let drawnMs = startedMs;
  let line = '';
  const update = (doneBytes: number): void => {
    first ??= doneBytes;
    const nowMs = performance.now();
    const rate = (doneBytes - first) / 1e6 / Math.max((nowMs - startedMs) / 1000, 1e-3);
    const leftSeconds = totalBytes === undefined ? Infinity : (totalBytes - doneBytes) / 1e6 / rate;
    const left = Number.isFinite(leftSeconds) && leftSeconds >= 1 ? `, ${Math.ceil(leftSeconds)} s left` : '';
    const total = totalBytes ? `/${megabytes(totalBytes)}` : '';
    line = `unlabel: ${name} ${megabytes(doneBytes)}${total} MB, ${rate.toFixed(1)} MB/s${left}`;
    if (nowMs - drawnMs < (stream.isTTY ? 200 : 3000)) return;
    drawnMs = nowMs;
    stream.write(stream.isTTY ? `\r\x1b[K${line}` : `${line}\n`);
  };
  const end = (): void => void (line && stream.write(stream.isTTY ? `\r\x1b[K${line}\n` : `${line}\n`));
  return Object.assign(update, { end });
}
