import { closest } from 'fastest-levenshtein';

import { UsageError } from '#lib/contracts';

import { type Backbone, type ImageSize } from '../module.ts';

import { type BackboneEntry } from './define.ts';
import { resnet18 } from './resnet18.ts';
import { resnet20V2 } from './resnet20-v2.ts';
import { resnet34 } from './resnet34.ts';
import { resnet50 } from './resnet50.ts';
import { vitBase } from './vit-base.ts';
import { vitReport } from './vit-report.ts';
import { vitSmall } from './vit-small.ts';
import { vitTiny } from './vit-tiny.ts';

/** All backbones by name. */
export const backbones: Readonly<Record<string, BackboneEntry>> = Object.fromEntries(
  [resnet18, resnet34, resnet50, resnet20V2, vitTiny, vitSmall, vitBase, vitReport].map((entry) => [entry.name, entry]),
);

/**
 * Builds a backbone by name.
 * @throws UsageError for an unknown name (with the nearest known one), a bad option or an image size that doesn't fit
 */
export function buildBackbone(name: string, options: unknown, input: ImageSize): Backbone {
  const entry = Object.hasOwn(backbones, name) ? backbones[name] : undefined;
  if (entry) return entry.build(options, input);
  const known = Object.keys(backbones);
  throw new UsageError(`backbone: there is no ${name}; known: ${known.join(', ')}`, {
    remedy: `did you mean ${closest(name, known)}?`,
  });
}
