import { type Machine } from './platform.mjs';

type Target = Pick<Machine, 'platform' | 'arch' | 'glibc'>;

/** The wheel's platform tags: the last part of its name, where several are joined by dots. */
function platformTags(fileName: string): string[] {
  const match = /^[^-]+-[^-]+(?:-\d[^-]*)?-[^-]+-[^-]+-([^-]+)\.whl$/.exec(fileName);
  return match?.[1]?.split('.') ?? [];
}

function linuxTagFits(tag: string, arch: string, glibc: string | undefined): boolean {
  if (!glibc) return /^musllinux_\d+_\d+_/.test(tag) && tag.endsWith(`_${arch}`);
  const [major = 0, minor = 0] = glibc.split('.').map(Number);
  const [, needsMajor, needsMinor, tagArch] = /^manylinux_(\d+)_(\d+)_(.+)$/.exec(tag) ?? [];
  if (tagArch)
    return (
      tagArch === arch && (major > Number(needsMajor) || (major === Number(needsMajor) && minor >= Number(needsMinor)))
    );
  return /^manylinux(1|2010|2014)_/.test(tag) && tag.endsWith(`_${arch}`);
}

/** Whether a wheel's binaries run on a machine, by its platform tags (PEP 425, 600, 656). */
export function wheelFits(fileName: string, { platform, arch, glibc }: Target): boolean {
  return platformTags(fileName).some((tag) => {
    if (tag === 'any') return true;
    if (platform === 'darwin')
      return (
        tag.startsWith('macosx_') &&
        (tag.endsWith(arch === 'arm64' ? '_arm64' : '_x86_64') || tag.endsWith('_universal2'))
      );
    if (platform !== 'linux') return false;
    return linuxTagFits(tag, arch === 'arm64' ? 'aarch64' : arch === 'x64' ? 'x86_64' : arch, glibc);
  });
}
