export { type Fault, faultPoint, faultSchema, FaultError, isInert } from './fault-point.ts';
