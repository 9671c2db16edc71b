export interface Machine {
  platform: string;
  arch: string;
  /** Version such as "2.36"; undefined where the C library is another. */
  glibc: string | undefined;
  /** Text of /proc/cpuinfo; empty where it can't be read. */
  cpuFlags: string;
}
export function describeMachine(): Machine;
export function checkPlatform(machine: Machine): void;
export function hasNvidiaDriver(env?: NodeJS.ProcessEnv, exists?: (path: string) => boolean): boolean;
export function chooseDevice(env?: NodeJS.ProcessEnv, exists?: (path: string) => boolean): 'cpu' | 'gpu';
