import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { type S3Credentials, signedFetch } from './s3-signing.ts';
import { freePorts, serverBinary, type ServerProcess, startProcess, untilReady } from './server-process.ts';
import { temporaryFolder } from './temporary-folder.ts';

export interface S3Server extends AsyncDisposable {
  /** http://127.0.0.1:PORT */
  endpoint: string;
  /** exists already */
  bucket: string;
  /** the AWS SDK's own variables that lead to this server */
  env: Record<'AWS_ENDPOINT_URL' | 'AWS_REGION' | 'AWS_ACCESS_KEY_ID' | 'AWS_SECRET_ACCESS_KEY', string>;
  /** SIGTERM; objects stay */
  stop(): Promise<void>;
  /** SIGKILL; objects stay */
  kill(): Promise<void>;
  /** starts it again on the same ports and folder, after `stop` or `kill` or in one go with a stop */
  restart(): Promise<void>;
}

/** A server program: how to find it, how many ports it takes (the first is S3's) and how to start it. */
interface Program {
  name: string;
  variable: string;
  remedy: string;
  ports: number;
  prepare(dir: string): Promise<void>;
  parameters(dir: string, ports: readonly number[]): string[];
}

const credentials: S3Credentials = { accessKey: 'testaccess', secretKey: 'testsecrettestsecret' };
const bucket = 'unlabel-test';

const weed: Program = {
  name: 'weed mini',
  variable: 'UNLABEL_WEED',
  remedy: 'npm run setup, or set UNLABEL_WEED to a SeaweedFS 4.48 program',
  ports: 10,
  async prepare(dir) {
    const { accessKey, secretKey } = credentials;
    const actions = ['Admin', 'Read', 'Write', 'List', 'Tagging'];
    const identities = [{ name: 'test', credentials: [{ accessKey, secretKey }], actions }];
    await writeFile(join(dir, 's3.json'), JSON.stringify({ identities }));
  },
  parameters(dir, ports) {
    // Every port is set, so that servers of parallel tests don't meet.
    const flags = ['s3', 'master', 'volume', 'filer', 'admin'].flatMap((part) => [
      `-${part}.port`,
      `-${part}.port.grpc`,
    ]);
    return [
      ...['mini', '-dir', join(dir, 'data'), '-ip', '127.0.0.1', '-ip.bind', '127.0.0.1'],
      ...flags.flatMap((flag, i) => [flag, String(ports[i])]),
      ...[
        '-s3.port.iceberg',
        '0',
        '-s3.port.lance',
        '0',
        '-webdav=false',
        '-admin.ui=false',
        '-master.telemetry=false',
      ],
      ...['-s3.config', join(dir, 's3.json')],
    ];
  },
};

const versitygw: Program = {
  name: 'versitygw',
  variable: 'UNLABEL_VERSITYGW',
  remedy: 'go install github.com/versity/versitygw/cmd/versitygw@v1.8.0, and set UNLABEL_VERSITYGW to that program',
  ports: 1,
  prepare: async () => {},
  parameters: (dir, [port]) => [
    ...['--port', `127.0.0.1:${port}`, '--quiet', '--keep-alive', '--health', '/_health', 'posix', join(dir, 'data')],
  ],
};

/** Starts SeaweedFS (`weed mini`), waits for it and creates a bucket. @throws UnlabelError when UNLABEL_WEED names no program */
export const startS3Server = (): Promise<S3Server> => start(weed);

/** Starts versitygw, waits for it and creates a bucket. @throws UnlabelError when UNLABEL_VERSITYGW names no program */
export const startVersitygw = (): Promise<S3Server> => start(versitygw);

async function start(program: Program): Promise<S3Server> {
  const binary = serverBinary(program.variable, program.remedy);
  const folder = await temporaryFolder('s3');
  const logFile = join(folder.path, 'server.log');
  const ports = await freePorts(program.ports);
  const endpoint = `http://127.0.0.1:${ports[0]}`;
  const { accessKey, secretKey } = credentials;
  await mkdir(join(folder.path, 'data'));
  await program.prepare(folder.path);

  const launch = async (): Promise<ServerProcess> => {
    const started = startProcess(binary, program.parameters(folder.path, ports), {
      logFile,
      env: { ...process.env, ROOT_ACCESS_KEY: accessKey, ROOT_SECRET_KEY: secretKey },
    });
    await untilReady(started, () => writable(endpoint), { name: program.name, logFile });
    return started;
  };
  let server = await launch().catch(async (error: unknown) => {
    await folder[Symbol.asyncDispose]();
    throw error;
  });
  return {
    endpoint,
    bucket,
    env: {
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: accessKey,
      AWS_SECRET_ACCESS_KEY: secretKey,
    },
    stop: () => server.stop(),
    kill: () => server.kill(),
    async restart() {
      await server.stop();
      server = await launch();
    },
    async [Symbol.asyncDispose]() {
      // What lies in a temporary folder need not be flushed.
      await server.kill();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** Ready means: the bucket is there and takes an object. Servers answer HTTP some time before that. */
async function writable(endpoint: string): Promise<true | undefined> {
  const created = await signedFetch(credentials, 'PUT', new URL(`/${bucket}`, endpoint));
  await created.body?.cancel();
  if (!created.ok && created.status !== 409) return undefined;
  const object = new URL(`/${bucket}/ready`, endpoint);
  const put = await signedFetch(credentials, 'PUT', object, 'ready');
  await put.body?.cancel();
  const removed = await signedFetch(credentials, 'DELETE', object);
  await removed.body?.cancel();
  return put.ok && removed.ok ? true : undefined;
}
