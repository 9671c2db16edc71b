export { ControlClient, type TokenSource, UnreachableError } from './client.ts';
