import { spawn } from 'node:child_process';

export interface ToolResult {
  /** Exit code, or the system's code ("ENOENT") when the tool could not be started. */
  code: number | string | null;
  stdout: string;
  stderr: string;
}
export type RunTool = (command: string, args: string[], env?: NodeJS.ProcessEnv) => Promise<ToolResult>;

/** Runs a tool and collects what it prints. Never throws: a tool that is not there is a result, too. */
export const runTool: RunTool = (command, args, env = process.env) =>
  new Promise((resolve) => {
    const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('error', (error: NodeJS.ErrnoException) =>
      resolve({ code: error.code ?? null, stdout, stderr: error.message }),
    );
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
