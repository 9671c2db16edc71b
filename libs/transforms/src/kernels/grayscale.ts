import { set } from '../wasm/instructions.ts';

import { lumaOf } from './lanes.ts';
import { pixelKernel } from './pixels.ts';

/** Three equal channels with the grey value. */
export const grayscale = pixelKernel(([r, g, b], _amount, local) => {
  const [luma, before] = lumaOf(local);
  const grey = local('v128');
  return { before: [before], code: [set(grey, luma(r, g, b))], result: [grey, grey, grey] };
});
