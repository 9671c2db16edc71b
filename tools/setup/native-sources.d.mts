export function kernelFolder(root: string): string;
export function jpegDecoderFolder(root: string): string;
export function transformsFolder(root: string): string;
export const levelsFolder: string;
export function sourceDigest(folder: string): string;
