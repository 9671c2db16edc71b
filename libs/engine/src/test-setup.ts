// Vitest's setup file: tests of domain libraries run on the native backend without importing it.
import { native } from './native.ts';

native();
