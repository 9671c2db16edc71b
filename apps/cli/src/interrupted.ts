/** A signal that is aborted by Ctrl-C or SIGTERM, instead of the end of the process, until it is disposed of. */
export function interrupted(): { signal: AbortSignal; dispose(): void } {
  const controller = new AbortController();
  const abort = () => controller.abort();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, abort);
  const dispose = () => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, abort);
  };
  return { signal: controller.signal, dispose };
}
