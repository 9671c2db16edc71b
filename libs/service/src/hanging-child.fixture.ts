// A child that ends with its parent, and hangs where it is told to.
import { endWithParent } from './end-with-parent.ts';

endWithParent();
process.on('message', () => {
  process.send?.('hanging');
  setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
});
process.send?.('ready');
