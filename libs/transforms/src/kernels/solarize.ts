import { kernel } from '../wasm/assemble.ts';
import { f32x4, stepTo, v128 } from '../wasm/instructions.ts';

import { float } from './lanes.ts';

