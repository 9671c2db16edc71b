interface Running {
  platform: string;
  arch: string;
  versions: { node: string };
  execPath: string;
}
export function bundledNodeFolder(root: string): string;
export function findNode24(root: string, running?: Running): string;
