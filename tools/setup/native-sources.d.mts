export function kernelFolder(root: string): string;
export function jpegDecoderFolder(root: string): string;
export function sourceDigest(folder: string): string;
