import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';

import { freePorts, serverBinary, type ServerProcess, startProcess, untilReady } from './server-process.ts';
import { temporaryFolder } from './temporary-folder.ts';

export interface NatsServerOptions {
  /** keeps JetStream's files here; a folder given is not removed @default a temporary folder */
  dir?: string;
  /** @default a free one, that restarts keep */
  port?: number;
  /** more lines of its configuration file, such as `authorization { token: "t" }` */
  config?: string;
}

export interface NatsServer extends AsyncDisposable {
  url: string;
  port: number;
  dir: string;
  /** SIGTERM; stored messages stay */
  stop(): Promise<void>;
  /** SIGKILL; stored messages stay */
  kill(): Promise<void>;
  /** starts it again on the same port and folder, after `stop` or `kill` or in one go with a stop */
  restart(): Promise<void>;
}

const remedy = 'npm run setup, or set UNLABEL_NATS_SERVER to a nats-server 2.15 program';

/**
 * Starts a real nats-server with JetStream on 127.0.0.1 and waits until it takes connections.
 * @throws UnlabelError when UNLABEL_NATS_SERVER names no program
 */
export async function startNatsServer(options: NatsServerOptions = {}): Promise<NatsServer> {
  const binary = serverBinary('UNLABEL_NATS_SERVER', remedy);
  const temporary = options.dir === undefined ? await temporaryFolder('nats') : undefined;
  const dir = options.dir ?? temporary?.path ?? '';
  await mkdir(dir, { recursive: true });
  const logFile = join(dir, 'nats-server.log');
  const configFile = join(dir, 'nats-server.conf');
  const wantedPort = options.port ?? ((await freePorts(1))[0] as number);
  let { process, port } = await launch(wantedPort).catch(async (error: unknown) => {
    await temporary?.[Symbol.asyncDispose]();
    throw error;
  });

  async function launch(wanted: number): Promise<{ process: ServerProcess; port: number }> {
    const lines = [
      'host: 127.0.0.1',
      `port: ${wanted}`,
      `ports_file_dir: ${JSON.stringify(dir)}`,
      `jetstream { store_dir: ${JSON.stringify(join(dir, 'jetstream'))} }`,
      options.config ?? '',
    ];
    await writeFile(configFile, lines.join('\n'));
    const started = startProcess(binary, ['-c', configFile], { logFile });
    const ready = () => portOf(join(dir, `nats-server_${started.pid}.ports`));
    return { process: started, port: await untilReady(started, ready, { name: 'nats-server', logFile }) };
  }
  const stop = () => process.stop();
  return {
    url: `nats://127.0.0.1:${port}`,
    port,
    dir,
    stop,
    kill: () => process.kill(),
    async restart() {
      await stop();
      ({ process, port } = await launch(port));
    },
    async [Symbol.asyncDispose]() {
      // What lies in a temporary folder need not be flushed.
      await (temporary ? process.kill() : stop());
      await temporary?.[Symbol.asyncDispose]();
    },
  };
}

/** The port that the server says it listens on, once it does. */
async function portOf(portsFile: string): Promise<number | undefined> {
  const { nats = [] } = JSON.parse(await readFile(portsFile, 'utf8')) as { nats?: string[] };
  const port = Number(URL.parse(nats[0] ?? '')?.port);
  if (!port) return undefined;
  await new Promise<void>((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
  });
  return port;
}
