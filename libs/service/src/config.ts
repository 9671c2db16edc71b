import { z } from 'zod';

import { UsageError } from '#lib/contracts';

const levels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;

/** The settings of a service, by the environment variable that gives each. */
const variables = {
  natsUrl: { name: 'NATS_URL', schema: z.string().min(1), example: 'nats://127.0.0.1:4222' },
  natsToken: { name: 'NATS_TOKEN', schema: z.string().min(1).optional(), example: 'a token' },
  natsCredentials: { name: 'NATS_CREDS', schema: z.string().min(1).optional(), example: 'a path' },
  storage: {
    name: 'UNLABEL_STORAGE',
    schema: z.string().regex(/^(file|s3):\/\//, 'a file:// or s3:// address'),
    example: 'file:///var/lib/unlabel or s3://bucket/prefix',
  },
  logLevel: { name: 'UNLABEL_LOG', schema: z.enum(levels).default('info'), example: levels.join(', ') },
  port: { name: 'UNLABEL_PORT', schema: z.coerce.number().int().min(0).max(65535).optional(), example: '0 to 65535' },
  host: { name: 'UNLABEL_HOST', schema: z.string().default('127.0.0.1'), example: '127.0.0.1' },
  token: { name: 'UNLABEL_TOKEN', schema: z.string().min(16).optional(), example: 'at least 16 characters' },
  methods: {
    name: 'UNLABEL_METHODS',
    schema: z
      .string()
      .transform((text) => text.split(',').map((word) => word.trim()))
      .optional(),
    example: 'mae,simsiam',
  },
  threads: {
    name: 'UNLABEL_THREADS',
    schema: z.coerce.number().int().min(1).max(1024).optional(),
    example: '1 to 1024',
  },
  ackWaitMs: {
    name: 'UNLABEL_ACK_WAIT_MS',
    schema: z.coerce.number().int().min(500).default(30_000),
    example: '30000',
  },
  stallMs: {
    name: 'UNLABEL_STALL_MS',
    schema: z.coerce.number().int().min(500).optional(),
    example: '600000: a job that does not advance for so long ends its worker',
  },
  reconcileEveryMs: {
    name: 'UNLABEL_RECONCILE_MS',
    schema: z.coerce.number().int().min(100).default(60_000),
    example: '60000: how often control asks again for what objects say is missing',
  },
  concurrency: {
    name: 'UNLABEL_CONCURRENCY',
    schema: z.coerce.number().int().min(1).max(1024).optional(),
    example: '1 to 1024',
  },
  viewsBytes: {
    name: 'UNLABEL_VIEWS_BYTES',
    schema: z.coerce.number().positive().default(20e9),
    example: '20e9, of which the windows of running runs are never removed',
  },
  supervised: {
    name: 'UNLABEL_SUPERVISED',
    schema: z
      .enum(['0', '1'])
      .default('0')
      .transform((text) => text === '1'),
    example: '0 or 1',
  },
} as const;

type Variables = typeof variables;
export type ServiceConfig = { [K in keyof Variables]: z.output<Variables[K]['schema']> };

/** Reads a service's settings. @throws UsageError naming the variable, what arrived and what is allowed */
export function readConfig(env: Readonly<Record<string, string | undefined>>): ServiceConfig {
  const config: Record<string, unknown> = {};
  for (const [key, { name, schema, example }] of Object.entries(variables)) {
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
