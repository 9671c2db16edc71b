import { type ChildProcess, spawn } from 'node:child_process';
import { Socket } from 'node:net';
import { createInterface } from 'node:readline';

import type { ResourceReading } from '#lib/contracts';

/** Where a meter reads; the process and its machine, but for tests. */
export interface MeterSources {
  nowMs(): number;
  /** microseconds on all cores, of all threads */
  cpuMicroseconds(): number;
  memoryBytes(): number;
}

const ofThisProcess: MeterSources = {
  nowMs: () => performance.now(),
  cpuMicroseconds: () => {
    const { user, system } = process.cpuUsage();
    return user + system;
  },
  memoryBytes: () => process.memoryUsage.rss(),
};

const everyMs = 1000;

/** Says about once a second what this process takes of its machine. It is asked at every step and costs nothing at most of them. */
export class ResourceMeter {
  readonly #sources: MeterSources;
  readonly #gpu: GpuWatch | undefined;
  #last: { ms: number; cpu: number };

  /** @param gpu watched as long as this meter is used; absent on a CPU */
  constructor(gpu?: GpuWatch, sources: MeterSources = ofThisProcess) {
    this.#sources = sources;
    this.#gpu = gpu;
    this.#last = { ms: sources.nowMs(), cpu: sources.cpuMicroseconds() };
  }

  /** @returns undefined until a second has passed since the last reading */
  read(): ResourceReading | undefined {
    const ms = this.#sources.nowMs();
    const elapsedMs = ms - this.#last.ms;
    if (elapsedMs < everyMs) return undefined;
    const cpu = this.#sources.cpuMicroseconds();
    const cpuShare = Math.round(cpu - this.#last.cpu) / (1000 * elapsedMs);
    this.#last = { ms, cpu };
    return { cpuShare, memoryBytes: this.#sources.memoryBytes(), ...this.#gpu?.reading };
  }

  close(): void {
    this.#gpu?.close();
  }
}

/** What `nvidia-smi` says of the GPU, a line a second, read between steps. Where there is none, nothing is said. */
export class GpuWatch {
  readonly #child: ChildProcess;
  /** the newest line */
  reading: Pick<ResourceReading, 'gpuShare' | 'gpuMemoryBytes'> | undefined;

  /** @param command the program; another one for tests */
  constructor(command = 'nvidia-smi', env: NodeJS.ProcessEnv = process.env) {
    // The first that CUDA may see is the one that TensorFlow takes.
    const [visible] = (env['CUDA_VISIBLE_DEVICES'] ?? '').split(',');
    const args = ['--query-gpu=utilization.gpu,memory.used', '--format=csv,noheader,nounits', `--loop-ms=${everyMs}`];
    this.#child = spawn(command, [...args, `--id=${visible || 0}`], { stdio: ['ignore', 'pipe', 'ignore'] });
    this.#child.on('error', () => undefined); // not installed
    this.#child.unref();
    const { stdout } = this.#child;
    if (!stdout) return;
    if (stdout instanceof Socket) stdout.unref(); // it must not keep the process
    createInterface({ input: stdout }).on('line', (line) => (this.reading = parseGpuLine(line) ?? this.reading));
  }

  close(): void {
    this.#child.kill();
  }
}

/** "37, 4021": percent and mebibytes. @returns undefined for a line that says neither, as of a GPU that can't tell */
export function parseGpuLine(line: string): GpuWatch['reading'] {
  const [percent, mebibytes] = line.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)));
  const isShare = percent !== undefined && percent >= 0 && percent <= 100;
  const isSize = mebibytes !== undefined && mebibytes >= 0;
  if (!isShare && !isSize) return undefined;
  return {
    ...(isShare && { gpuShare: percent / 100 }),
    ...(isSize && { gpuMemoryBytes: Math.round(mebibytes * 2 ** 20) }),
  };
}
