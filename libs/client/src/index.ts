export { ControlClient, UnreachableError } from './client.ts';
