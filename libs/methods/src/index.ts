export { mae, maeLoss, normalisePatches } from './mae.ts';
export { keptPatches, maskRows, type MaskRows, spreadRows, takeRows } from './masking.ts';
export { type Method, type MethodInstance, type MethodSetting } from './method.ts';
export { findMethod, methods } from './registry.ts';
export { negativeCosine, normalisedStd, simsiam, simSiamLoss } from './simsiam.ts';
