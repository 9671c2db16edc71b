// tfjs-node 4.22 calls two helpers that Node 23 removed. Imported before it, since imports are hoisted.
import util from 'node:util';

const old = util as unknown as Record<string, (value: unknown) => boolean>;
old['isNullOrUndefined'] ??= (value) => value === null || value === undefined;
old['isArray'] ??= Array.isArray;
