export { bytes, clock, count, duration, figure, percent } from './in-words.ts';
