import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

import { z } from 'zod';

import { type Admission, admissionSchema, type RunSpec, type TrainingPlace, UnlabelError } from '#lib/contracts';

/** Looks at specs before they start; one answer a spec. */
export type AskAdmission = (specs: RunSpec[], places: TrainingPlace[]) => Promise<Admission[]>;

const entry = fileURLToPath(new URL('main.ts', import.meta.url));

/** Asks a process of its own, which ends with the answer; takes some seconds. @throws UnlabelError when it fails */
export const askAdmission: AskAdmission = async (specs, places) => {
  const child = spawn(process.execPath, [entry], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, CUDA_VISIBLE_DEVICES: '' }, // it computes nothing
  });
  child.stdin.on('error', () => undefined); // a child that ended before it read says why on stderr
  child.stdin.end(JSON.stringify({ specs, places }));
  const closed = once(child, 'close') as Promise<[code: number | null]>;
  const [out, problem, [code]] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
  if (code !== 0) {
    const why = /^\w*Error.*$/m.exec(problem)?.[0] ?? problem.trim().split('\n').at(-1) ?? '';
    throw new UnlabelError(`checking the spec failed: ${why || `exit code ${String(code)}`}`, {
      remedy: './unlabel doctor checks what it needs; npm run setup builds the native library',
    });
  }
  return z.array(admissionSchema).parse(JSON.parse(out) as unknown);
};
