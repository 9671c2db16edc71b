/** A signal that is aborted by Ctrl-C, instead of the end of the process, until it is disposed of. */
export function interrupted(): { signal: AbortSignal; dispose(): void } {
  const controller = new AbortController();
  const abort = () => controller.abort();
  process.on('SIGINT', abort);
  return { signal: controller.signal, dispose: () => void process.off('SIGINT', abort) };
}
