import { readFileSync } from 'node:fs';

import { type JetStreamClient, jetstream, type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import {
  connect,
  type ConnectionOptions,
  credsAuthenticator,
  errors,
  type NatsConnection,
} from '@nats-io/transport-node';

import { UnlabelError, UsageError } from '#lib/contracts';

import { type BusLog, errorText, silentLog } from './log.ts';
import { pause } from './waiting.ts';

/** How to reach the server: plain data, so that a thread can open a connection of its own. */
export interface BusAddress {
  /** `nats://host:port` or `tls://host:port`, several separated by commas; user and password or a token may stand before the @. */
  url: string;
  /** Who connects, as the server's listings show it. */
  name: string;
  /** Path of a credentials file (JWT and seed). */
  credentials?: string | undefined;
  token?: string | undefined;
}

export type BusChange = 'waiting' | 'connected' | 'disconnected' | 'reconnected' | 'closed';

export interface ConnectBusOptions extends BusAddress {
  log?: BusLog | undefined;
  /** Called with every change of the connection, `waiting` once a second until the server is first reached. */
  onChange?: ((change: BusChange, server: string) => void) | undefined;
  /** Gives up waiting for the first connection. */
  signal?: AbortSignal | undefined;
}

/** An open connection to the server and what this library needs of it. Made by {@link connectBus}. */
export interface Bus {
  readonly address: BusAddress;
  readonly connection: NatsConnection;
  readonly jetstream: JetStreamClient;
  readonly manager: JetStreamManager;
  readonly log: BusLog;
  /** Whether the server answers now; false while the client reconnects. */
  isConnected(): boolean;
  /** Calls back each time the connection is lost or back; returns how to stop. */
  onChange(listener: (change: BusChange) => void): () => void;
  /** Sends what is buffered (for at most two seconds) and closes. */
  close(): Promise<void>;
}

const reconnectWaitMs = 200;
const handshakeTimeoutMs = 5_000;
const closeWaitMs = 2_000;
const apiTimeoutMs = 5_000;

/** The address without its password or token, for logs and errors. */
export const shownUrl = (url: string): string => url.replaceAll(/\/\/[^@/,]*@/g, '//***@');

/** The client's options for an address. @throws UsageError for a URL that is no NATS address or credentials that can't be read */
export function connectionOptions(address: BusAddress): ConnectionOptions {
  const options: ConnectionOptions = {
    name: address.name,
    maxReconnectAttempts: -1,
    reconnectTimeWait: reconnectWaitMs,
    reconnectJitter: 100,
    pingInterval: 10_000,
    // A server killed in the middle of the handshake holds the client up for this long (measured); the default is 20 s.
    timeout: handshakeTimeoutMs,
    ignoreAuthErrorAbort: true,
    servers: [],
  };
  for (const part of address.url.split(',')) addServer(options, part.trim());
  if (address.token) options.token = address.token;
  if (address.credentials) options.authenticator = credsAuthenticator(readCredentials(address.credentials));
  return options;
}

function addServer(options: ConnectionOptions, text: string): void {
  const url = URL.parse(text);
  if (!url || !['nats:', 'tls:'].includes(url.protocol) || !url.hostname)
    throw new UsageError(`NATS address: must be nats://host:port or tls://host:port, got ${shownUrl(text)}`, {
      remedy: 'set NATS_URL, for example to nats://127.0.0.1:4222',
    });
  (options.servers as string[]).push(url.host);
  if (url.protocol === 'tls:') options.tls = {};
  if (url.password) {
    options.user = decodeURIComponent(url.username);
    options.pass = decodeURIComponent(url.password);
  } else if (url.username) options.token = decodeURIComponent(url.username);
}

function readCredentials(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new UsageError(`NATS credentials: ${path} can't be read`, {
      cause,
      remedy: 'set NATS_CREDS to a readable file',
    });
  }
}

/**
 * Connects, waiting for the server as long as it takes, and stays connected through any outage.
 *
 * @throws UsageError for a malformed address; UnlabelError when the server refuses the credentials or the signal is aborted
 */
export async function connectBus(options: ConnectBusOptions): Promise<Bus> {
  const { log = silentLog, onChange, signal, ...address } = options;
  const connection = await firstConnection(address, log, onChange, signal);
  const listeners = new Set<(change: BusChange) => void>();
  let connected = true;
  onChange?.('connected', connection.getServer());
  void watch(connection, (change) => {
    connected = change === 'reconnected';
    log[change === 'reconnected' ? 'info' : 'warn']({ server: connection.getServer() }, `bus: ${change}`);
    onChange?.(change, shownUrl(address.url));
    for (const listener of [...listeners]) listener(change);
  });
  return {
    address,
    connection,
    log,
    jetstream: jetstream(connection, { timeout: apiTimeoutMs }),
    manager: await jetstreamManager(connection, { timeout: apiTimeoutMs, checkAPI: false }),
    isConnected: () => connected && !connection.isClosed(),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => closeConnection(connection, () => connected),
  };
}

async function firstConnection(
  address: BusAddress,
  log: BusLog,
  onChange: ConnectBusOptions['onChange'],
  signal: AbortSignal | undefined,
): Promise<NatsConnection> {
  const options = connectionOptions(address);
  const server = shownUrl(address.url);
  for (let tries = 0; ; tries++) {
    try {
      return await connect(options);
    } catch (cause) {
      if (cause instanceof errors.AuthorizationError)
        throw new UnlabelError(`bus: ${server} refused the credentials of "${address.name}"`, {
          cause,
          remedy: 'check the user and password in NATS_URL, NATS_TOKEN or NATS_CREDS',
        });
      if (signal?.aborted)
        throw new UnlabelError(`bus: ${server} was not reached`, {
          cause,
          remedy: 'start the server or check NATS_URL',
        });
      if (tries % 5 === 0) {
        log.warn({ server, error: errorText(cause) }, 'bus: waiting for the server');
        onChange?.('waiting', server);
      }
      await pause(reconnectWaitMs, signal);
    }
  }
}

async function watch(connection: NatsConnection, changed: (change: BusChange) => void): Promise<void> {
  for await (const status of connection.status()) {
    if (status.type === 'disconnect') changed('disconnected');
    else if (status.type === 'reconnect') changed('reconnected');
    else if (status.type === 'close') changed('closed');
  }
}

/** Draining needs the server; one that is away must not hold up the exit. */
async function closeConnection(connection: NatsConnection, isConnected: () => boolean): Promise<void> {
  if (connection.isClosed()) return;
  const stop = new AbortController();
  if (isConnected()) await Promise.race([connection.drain().catch(() => undefined), pause(closeWaitMs, stop.signal)]);
  stop.abort();
  await connection.close();
}
