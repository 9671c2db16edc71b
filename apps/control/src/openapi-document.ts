import { type OpenAPIHono, z } from '@hono/zod-openapi';

import { apiErrorSchema } from '#lib/contracts';

/** What a route is called by programs that are generated from the document, and by people. */
type Named = readonly [operationId: string, summary: string];

/** Every route, by method and path; a test compares it with what is served. */
const operations: Record<string, Named> = {
  'GET /api/health': ['getHealth', 'What this control serves, and since when'],
  'GET /api/doctor': ['getDoctor', 'Checks of servers, storage and settings'],
  'GET /api/methods': ['listMethods', 'Methods, with the schema of their options'],
  'GET /api/backbones': ['listBackbones', 'Backbones, with the schema of their options'],
  'GET /api/recipes': ['listRecipes', 'Recipes'],
  'GET /api/datasets': ['listDatasets', 'Datasets'],
  'POST /api/datasets': ['ingestDataset', 'Ingest a source as a dataset'],
  'GET /api/datasets/{dataset}': ['getDataset', 'A dataset: splits, classes, files set aside'],
  'DELETE /api/datasets/{dataset}': ['removeDataset', 'Remove a dataset, with its images'],
  'GET /api/datasets/{dataset}/samples': ['listSamples', 'Some images of a split, or of a class of it'],
  'GET /api/datasets/{dataset}/image': ['getImage', 'One image of a dataset'],
  'GET /api/runs': ['listRuns', 'Runs, newest first'],
  'POST /api/runs': ['startRun', 'Start a run'],
  'POST /api/runs/check': ['checkRun', 'What a call would start, without starting it'],
  'GET /api/runs/{run}': ['getRun', 'A run: spec, model, state, checkpoints, what was measured'],
  'DELETE /api/runs/{run}': ['removeRun', 'Remove a run, with all that it made'],
  'GET /api/runs/{run}/recipe': ['getRunRecipe', "What a run's recipe alone gives on its dataset"],
  'GET /api/runs/{run}/metrics': ['getRunMetrics', 'Metrics of every step after a step'],
  'GET /api/runs/{run}/curves': ['getRunCurves', 'Metrics in so few points that they can be drawn'],
  'GET /api/runs/{run}/about': ['getRunAbout', 'Title, tags and notes of a run'],
  'PATCH /api/runs/{run}/about': ['changeRunAbout', 'Change title, tags or notes of a run'],
  'GET /api/runs/{run}/log': ['getRunLog', 'What happened to a run, oldest first'],
  'POST /api/runs/{run}/stop': ['stopRun', 'Stop a run at its next step, with a checkpoint'],
  'POST /api/runs/{run}/resume': ['resumeRun', 'Let a run go on from its last checkpoint'],
  'POST /api/runs/{run}/fork': ['forkRun', 'Go on from a checkpoint of a run as another run'],
  'POST /api/runs/{run}/probes': ['startProbes', 'Measure a checkpoint of a run'],
  'GET /api/runs/{run}/probes/{step}/{kind}': ['getProbe', 'How far a measurement is, or what it found'],
  'GET /api/runs/{run}/probes/{step}/{kind}/confused': ['listConfused', 'Images behind a cell of a confusion matrix'],
  'GET /api/runs/{run}/pictures': ['listPictures', 'Which pictures a run has'],
  'POST /api/runs/{run}/pictures': ['makePictures', 'Make pictures of a checkpoint'],
  'GET /api/runs/{run}/pictures/{step}/views': ['getViews', 'Augmented views of some images'],
  'GET /api/runs/{run}/pictures/{step}/views.png': ['getViewsSheet', 'The sheet of the views'],
  'GET /api/runs/{run}/pictures/{step}/reconstructions': [
    'getReconstructions',
    'What a masked autoencoder makes of some images',
  ],
  'GET /api/runs/{run}/pictures/{step}/reconstructions.png': [
    'getReconstructionsSheet',
    'The sheet of the reconstructions',
  ],
  'GET /api/runs/{run}/pictures/{step}/neighbours': ['getNeighbours', 'Nearest images of train to some images'],
  'GET /api/runs/{run}/pictures/{step}/projection': ['getProjection', 'Embeddings of images in two dimensions'],
  'GET /api/experiments': ['listExperiments', 'Experiments, newest first'],
  'POST /api/experiments': ['startExperiment', 'Start an experiment, or join it'],
  'GET /api/experiments/{experiment}': ['getExperiment', 'An experiment, and where its runs stand'],
  'GET /api/compare': ['compareRuns', 'Runs of one dataset beside their baselines'],
  'POST /api/weights': ['storeWeights', 'Store a file of pretrained weights'],
  'GET /api/dead-letters': ['listDeadLetters', 'Jobs that were given up, oldest first'],
  'POST /api/dead-letters/retry': ['retryDeadLetter', 'Try a job that was given up again'],
  'POST /api/dead-letters/drop': ['dropDeadLetter', 'Drop a job that was given up'],
  'GET /api/pipeline': ['getPipeline', 'Who works on what, and who waits for whom'],
  'GET /api/events': ['streamEvents', 'Events as they happen, as server-sent events'],
};

const tags: Record<string, string> = {
  runs: 'Runs, from their start to their removal, and what is known of them',
  experiments: 'Runs that are compared on one dataset',
  compare: 'Tables of runs with their baselines',
  datasets: 'Images',
  weights: 'Pretrained weights to start from',
  pipeline: 'Workers, queues and the cache of views',
  'dead-letters': 'Jobs that were given up',
  events: 'What happens, as it happens',
  catalogue: 'What there is: methods, backbones, recipes',
  service: 'This control',
};
const tagOfPart: Record<string, string> = {
  methods: 'catalogue',
  backbones: 'catalogue',
  recipes: 'catalogue',
  health: 'service',
  doctor: 'service',
};

/** What the guards before every route may answer, and what nobody foresaw. */
const everywhere = {
  400: 'the request is wrong: which field, what is allowed, what to do',
  401: 'a token is needed, and none or another came',
  403: 'the request comes from a page of another site, or by another name than this address has',
  500: 'something failed that nobody foresaw; it is in the log',
} as const;
const withBody = {
  413: 'the body is larger than any that is meant',
  415: 'the body is of another content type',
} as const;
const bodyMethods = new Set(['post', 'put', 'patch']);

type Document = ReturnType<OpenAPIHono['getOpenAPI31Document']>;
type SchemaObject = NonNullable<NonNullable<Document['components']>['schemas']>[string];
interface Operation {
  operationId?: string;
  summary?: string;
  tags?: string[];
  parameters?: { in: string; required?: boolean }[];
  responses?: Record<string, object>;
}

/** The API's own description: what the routes say of themselves, and what is the same for all of them. */
export function openApiDocument(app: OpenAPIHono, version: string): Document {
  const document = app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Unlabel',
      version,
      description:
        "Control's API. Every refusal is a JSON object that says what is wrong, what to do, and which field is at fault. Where a token is set, every call needs it.",
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    servers: [{ url: '/' }],
    tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
    security: [{}, { token: [] }],
  });
  const { $schema: _, ...apiError } = z.toJSONSchema(apiErrorSchema);
  document.components = {
    ...document.components,
    schemas: { ...document.components?.schemas, ApiError: apiError as SchemaObject },
    securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'UNLABEL_TOKEN of control' } },
  };
  for (const [path, methods] of Object.entries(document.paths ?? {}))
    for (const [method, operation] of Object.entries(methods as Record<string, Operation>))
      complete(operation, method, path);
  return document;
}

function complete(operation: Operation, method: string, path: string): void {
  const [operationId, summary] = operations[`${method.toUpperCase()} ${path}`] ?? [];
  const [, part = ''] = /^\/api\/([^/]+)/.exec(path) ?? [];
  const guards = { ...everywhere, ...(bodyMethods.has(method) && withBody) };
  // A number that is read from text would also be read from none; without it the address is another.
  for (const parameter of operation.parameters ?? []) if (parameter.in === 'path') parameter.required = true;
  Object.assign(operation, {
    ...(operationId !== undefined && { operationId, summary }),
    tags: [tagOfPart[part] ?? part],
    responses: {
      ...Object.fromEntries(Object.entries(guards).map(([status, description]) => [status, refused(description)])),
      ...operation.responses,
    },
  });
}

const refused = (description: string) => ({
  description,
  content: { 'application/json': { schema: { $ref: '#/components/schemas/ApiError' } } },
});

/** What the table above says of routes, for the test that compares it with those that are served. */
export const describedRoutes: readonly string[] = Object.keys(operations);
