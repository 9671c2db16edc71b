export function cacheFolder(env?: NodeJS.ProcessEnv): string;
export function temporary(path: string): string;
export function fileSizeBytes(path: string): number;
export function writeAtomic(path: string, text: string): void;
export function freeBytes(folder: string): number;
export function requireSpace(
  folder: string,
  neededBytes: number,
  what: string,
  free?: (folder: string) => number,
): void;
