export function kernelFolder(root: string): string;
export function kernelDigest(root: string): string;
