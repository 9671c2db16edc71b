import { z } from 'zod';

import { UsageError } from '#lib/contracts';

const levels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;

/** The settings of a service, by the environment variable that gives each. */
export const serviceVariables = {
  natsUrl: {
    name: 'NATS_URL',
    schema: z.string().min(1),
    example: 'nats://127.0.0.1:4222',
    readBy: 'every service',
    standard: 'a local one',
    meaning: 'address of the NATS server; tls:// for TLS',
  },
  natsToken: {
    name: 'NATS_TOKEN',
    schema: z.string().min(1).optional(),
    example: 'a token',
    readBy: 'every service',
    standard: 'none',
    meaning: 'token for the NATS server',
  },
  natsCredentials: {
    name: 'NATS_CREDS',
    schema: z.string().min(1).optional(),
    example: 'a path',
    readBy: 'every service',
    standard: 'none',
    meaning: 'file of credentials for the NATS server',
  },
  storage: {
    name: 'UNLABEL_STORAGE',
    schema: z.string().regex(/^(file|s3):\/\//, 'a file:// or s3:// address'),
    example: 'file:///var/lib/unlabel or s3://bucket/prefix',
    readBy: 'every service',
    standard: '.unlabel/storage',
    meaning: 'file:///folder or s3://bucket/prefix',
  },
  logLevel: {
    name: 'UNLABEL_LOG',
    schema: z.enum(levels).default('info'),
    example: levels.join(', '),
    readBy: 'every service',
    standard: 'info',
    meaning: 'trace, debug, info, warn, error or silent',
  },
  port: {
    name: 'UNLABEL_PORT',
    schema: z.coerce.number().int().min(0).max(65535).optional(),
    example: '0 to 65535',
    readBy: 'every service',
    standard: '4280 (control), a free one',
    meaning: 'port of the API and the dashboard, or of health and metrics',
  },
  host: {
    name: 'UNLABEL_HOST',
    schema: z.string().default('127.0.0.1'),
    example: '127.0.0.1',
    readBy: 'every service',
    standard: '127.0.0.1',
    meaning: 'address to listen on; control asks for UNLABEL_TOKEN where that is not this machine alone',
  },
  token: {
    name: 'UNLABEL_TOKEN',
    schema: z.string().min(16).optional(),
    example: 'at least 16 characters',
    readBy: 'control, command line',
    standard: 'none',
    meaning: 'what control asks for, and commands send; at least 16 characters',
  },
  methods: {
    name: 'UNLABEL_METHODS',
    schema: z
      .string()
      .transform((text) => text.split(',').map((word) => word.trim()))
      .optional(),
    example: 'mae,simsiam',
    readBy: 'pretrain',
    standard: 'all',
    meaning: 'methods that a worker serves, as mae,simsiam',
  },
  threads: {
    name: 'UNLABEL_THREADS',
    schema: z.coerce.number().int().min(1).max(1024).optional(),
    example: '1 to 1024',
    readBy: 'pretrain, probe',
    standard: 'all cores',
    meaning: 'threads of a training or probing process',
  },
  ackWaitMs: {
    name: 'UNLABEL_ACK_WAIT_MS',
    schema: z.coerce.number().int().min(500).default(30_000),
    example: '30000',
    readBy: 'every worker',
    standard: '30000',
    meaning: 'milliseconds until a job whose worker is silent goes to another',
  },
  stallMs: {
    name: 'UNLABEL_STALL_MS',
    schema: z.coerce.number().int().min(500).optional(),
    example: '600000',
    readBy: 'every service',
    standard: '300000; 600000 for pretraining',
    meaning: 'milliseconds after which a job that does not advance ends its worker',
  },
  reconcileEveryMs: {
    name: 'UNLABEL_RECONCILE_MS',
    schema: z.coerce.number().int().min(100).default(60_000),
    example: '60000',
    readBy: 'control',
    standard: '60000',
    meaning: 'milliseconds after which it asks again for what objects say is missing',
  },
  concurrency: {
    name: 'UNLABEL_CONCURRENCY',
    schema: z.coerce.number().int().min(1).max(1024).optional(),
    example: '1 to 1024',
    readBy: 'every worker',
    standard: "the stage's own",
    meaning: 'jobs at once',
  },
  viewsBytes: {
    name: 'UNLABEL_VIEWS_BYTES',
    schema: z.coerce.number().positive().default(20e9),
    example: '20e9, of which the windows of running runs are never removed',
    readBy: 'control',
    standard: '20e9',
    meaning: 'budget of the cache of view blocks, in bytes; the windows of running runs are never removed',
  },
  supervised: {
    name: 'UNLABEL_SUPERVISED',
    schema: z
      .enum(['0', '1'])
      .default('0')
      .transform((text) => text === '1'),
    example: '0 or 1',
    readBy: 'every service',
    standard: '0',
    meaning: 'set by the local stack',
  },
} as const;

type Variables = typeof serviceVariables;
export type ServiceConfig = { [K in keyof Variables]: z.output<Variables[K]['schema']> };

/** Reads a service's settings. @throws UsageError naming the variable, what arrived and what is allowed */
export function readConfig(env: Readonly<Record<string, string | undefined>>): ServiceConfig {
  const config: Record<string, unknown> = {};
  for (const [key, { name, schema, example }] of Object.entries(serviceVariables)) {
    const text = env[name] === '' ? undefined : env[name];
    const parsed = schema.safeParse(text);
    if (!parsed.success)
      throw new UsageError(
        `${name}: ${text === undefined ? 'is not set' : `"${text}" is not allowed`}: ${parsed.error.issues[0]?.message}`,
        {
          field: name,
          remedy: `set ${name}, for example: ${example}`,
        },
      );
    config[key] = parsed.data;
  }
  return config as ServiceConfig;
}
