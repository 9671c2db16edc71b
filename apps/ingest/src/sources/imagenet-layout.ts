import { type Dirent } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';

import { z } from 'zod';

import { UsageError } from '#lib/contracts';

import { isImageName } from './listing.ts';

/** Sources of a dataset in the layout of ImageNet-100, told apart by their names. */
export interface ImagenetLayout {
  root: string;
  /** `train`, or its pieces `train.X1`, `train.X2`, …, absolute */
  train: string[];
  /** `val` or `valid`, or their pieces; empty: eval is held out of train */
  eval: string[];
  /** the file that maps folder names to class names, if there is one */
  labels: string | null;
  /** other entries of the root, which are left out */
  ignored: string[];
}

const isTrain = (name: string) => /^train([._-].+)?$/i.test(name);
const isEval = (name: string) => /^val(id|idation)?([._-].+)?$/i.test(name);
const isLabels = (name: string) => /^labels\.json$/i.test(name);
const joined = (root: string, names: string[]) => names.map((name) => join(root, name));

/**
 * Recognises the layout in which ImageNet-100 is published: a folder (or a list of what it holds) with `train` or
 * `train.X1` … `train.X4`, `val` or `valid`, and perhaps `Labels.json`. Such names are no coincidence if the train folders hold folders
 * of classes and nothing else, and if nothing beside them could be a class.
 * @returns undefined for any other source
 */
export async function findImagenetLayout(sources: string[]): Promise<ImagenetLayout | undefined> {
  const [first] = sources;
  if (first === undefined || sources.some((source) => !isAbsolute(source))) return undefined;
  const isListed = sources.length > 1 || isTrain(basename(first));
  const root = isListed ? dirname(first) : first;
  if (isListed && sources.some((source) => dirname(source) !== root)) return undefined;
  const inRoot = (await visible(root)).map(({ name }) => name);
  const labels = inRoot.find(isLabels) ?? null;
  const names = isListed ? sources.map((source) => basename(source)) : inRoot;
  const folders = await foldersOf(root, names);
  const train = folders.filter(isTrain).sort();
  const evaluation = folders.filter(isEval).sort();
  const others = names.filter((name) => !train.includes(name) && !evaluation.includes(name) && !isLabels(name));
  if (train.length === 0 || !(await holdClassFolders(joined(root, train)))) return undefined;
  const isPair = evaluation.length > 0 && (await holdClassFolders(joined(root, evaluation)));
  const couldBeClasses = others.filter((name) => isListed || folders.includes(name) || isImageName(name));
  if (couldBeClasses.length > 0 && (isListed || !isPair)) return undefined;
  return {
    root,
    train: joined(root, train),
    eval: joined(root, evaluation),
    labels: labels === null ? null : join(root, labels),
    ignored: couldBeClasses.sort(),
  };
}

/** The class names of a Labels.json, by folder. @throws UsageError if it is none */
export async function readLabelsFile(file: string): Promise<Record<string, string>> {
  try {
    return z.record(z.string(), z.string()).parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (cause) {
    throw new UsageError(`${file}: must be JSON that maps folder names to class names`, {
      cause,
      field: 'labels',
      remedy: 'mend it, or move it away to use the folder names',
    });
  }
}

async function visible(folder: string): Promise<Dirent[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return []; // a tar, or nothing: said where it is listed
    throw error;
  });
  return entries.filter(({ name }) => !name.startsWith('.'));
}

async function foldersOf(root: string, names: string[]): Promise<string[]> {
  const found = await Promise.all(
    names.map((name) =>
      stat(join(root, name)).then(
        (info) => info.isDirectory(),
        () => false,
      ),
    ),
  );
  return names.filter((_, i) => found[i]);
}

/** Whether folders hold folders, and no image beside them. */
async function holdClassFolders(folders: string[]): Promise<boolean> {
  for (const folder of folders) {
    const names = (await visible(folder)).map(({ name }) => name);
    if (names.some(isImageName) || (await foldersOf(folder, names)).length === 0) return false;
  }
  return true;
}
