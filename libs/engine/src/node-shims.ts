// tfjs-node 4.22 calls two helpers of Node's that are deprecated or, since Node 23, gone. Imported before it, since imports are
// hoisted.
import util from 'node:util';

Object.assign(util, {
  isNullOrUndefined: (value: unknown) => value === null || value === undefined,
  isArray: Array.isArray,
});
