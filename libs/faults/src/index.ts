export { type Fault, faultPoint, faultSchema, FaultError } from './fault-point.ts';
