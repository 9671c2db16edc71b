export interface ReadyPart {
  /** Path to size in bytes: all must be there for the part to be in place. */
  files: Record<string, number>;
  /** Environment that tells the programs where the part is. */
  env: Record<string, string>;
}
export type ReadyParts = Record<string, ReadyPart>;
export function setupKey(root: string, env: NodeJS.ProcessEnv, exists?: (path: string) => boolean): string;
export function neededParts(command: string, env: NodeJS.ProcessEnv): string[];
export function readReady(root: string, key: string): ReadyParts;
export function writeReady(root: string, key: string, parts: ReadyParts): void;
