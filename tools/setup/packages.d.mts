export interface LockFile {
  packages: Record<
    string,
    {
      version?: string;
      integrity?: string;
      optional?: boolean;
      devOptional?: boolean;
      extraneous?: boolean;
      os?: string[];
      cpu?: string[];
      libc?: string[];
    }
  >;
}
export interface InstallOptions {
  env?: NodeJS.ProcessEnv;
  say?: (line: string) => void;
  free?: (folder: string) => number;
}
export function installedMatches(lock: LockFile, installed: LockFile | undefined): boolean;
export function packagesInPlace(root: string): boolean;
export function countPackages(lock: LockFile, machine?: { platform: string; arch: string }): number;
export function installPackages(root: string, options?: InstallOptions): Promise<void>;
