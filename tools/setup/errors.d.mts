export class SetupError extends Error {
  remedy: string;
  exitCode?: number;
  constructor(message: string, remedy: string, options?: ErrorOptions);
}
export function isUnreachable(code: unknown): boolean;
export function isCertificate(code: string): boolean;
export function explain(error: unknown): unknown;
export function report(error: unknown, env?: NodeJS.ProcessEnv, write?: (text: string) => void): number;
