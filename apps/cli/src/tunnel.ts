import { userInfo } from 'node:os';

const loopback = new Set(['127.0.0.1', 'localhost', '[::1]']);

/**
 * For whoever works on another machine over SSH: the line that makes an address of that machine's loopback reachable from their own.
 * @param env in which SSH leaves `SSH_CONNECTION`: address and port of the client, then those that it reached
 * @returns undefined in a session that is not remote, or for an address that is reachable anyway
 */
export function tunnelLine(
  address: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
  user: string = userInfo().username,
): string | undefined {
  const [, , host, sshPort] = (env['SSH_CONNECTION'] ?? '').split(' ');
  const { hostname, port } = new URL(address);
  if (!host || !sshPort || !loopback.has(hostname) || port === '') return undefined;
  return `ssh -L ${port}:127.0.0.1:${port}${sshPort === '22' ? '' : ` -p ${sshPort}`} ${user}@${host}`;
}

/** Says how to see the dashboard from where the user sits; nothing where it is seen as it is. */
export function sayTunnel(say: (text: string) => void, address: string): void {
  const line = tunnelLine(address);
  if (line) say(`from your own machine  ${line}\n                       then open ${address}`);
}
