export { ControlClient, TokenNeededError, UnreachableError } from './client.ts';
