import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, expect, test, vi } from 'vitest';

import { makeSessionFolder } from './session-folder.ts';

const temporary = mkdtempSync(join(tmpdir(), 'unlabel-sessions-'));
vi.stubEnv('TMPDIR', temporary);
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(temporary, { recursive: true });
});

test('the old folder of a process that is gone is swept; one that is new, another’s, or of a living process stays', () => {
  const { pid: gone } = spawnSync('true');
  const make = (name: string, ageSeconds: number) => {
    mkdirSync(join(temporary, name));
    const at = Date.now() / 1000 - ageSeconds;
    utimesSync(join(temporary, name), at, at);
    return name;
  };
  make(`unlabel-step-${gone}-swept`, 3600);
  const stay = [
    make(`unlabel-step-${gone}-new`, 1),
    make(`unlabel-step-${process.pid}-living`, 3600),
    make('unlabel-other-1-old', 3600),
  ];
  const made = makeSessionFolder();
  expect(readdirSync(temporary).sort()).toEqual([...stay, made.slice(temporary.length + 1)].sort());
});
