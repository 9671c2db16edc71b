import { createHash } from 'node:crypto';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The repository root: three folders above apps/cli/src/stack. */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../../..');

/** Where a local stack keeps everything: `UNLABEL_HOME`, else `.unlabel` in the repository. */
export const home = (env: NodeJS.ProcessEnv = process.env): string =>
  resolve(env['UNLABEL_HOME'] ?? join(root, '.unlabel'));

/** A local stack's files. */
export function stackPaths(folder: string) {
  return {
    folder,
    stack: join(folder, 'stack.json'),
    storage: pathToFileURL(join(folder, 'storage')).href,
    nats: join(folder, 'nats'),
    logs: join(folder, 'logs'),
    /** held by the supervisor for as long as it lives, and freed by the kernel */
    lock: lockAddress(folder),
  };
}
export type StackPaths = ReturnType<typeof stackPaths>;

function lockAddress(folder: string): string {
  const id = createHash('sha256').update(folder).digest('hex').slice(0, 24);
  return process.platform === 'linux' ? `\0unlabel-stack-${id}` : join(folder, 'stack.sock');
}
