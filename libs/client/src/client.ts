import { EventSourceParserStream } from 'eventsource-parser/stream';
import { z } from 'zod';

import {
  apiErrorSchema,
  type AskedProbe,
  apiHealthSchema,
  catalogueEntrySchema,
  comparisonSchema,
  ConflictError,
  confusedSchema,
  datasetDetailSchema,
  datasetRemovedSchema,
  datasetSamplesSchema,
  datasetSummarySchema,
  deadLetterEndSchema,
  deadLetterSchema,
  doctorReportSchema,
  type ErrorOptions,
  eventSchema,
  type ExperimentCall,
  experimentDetailSchema,
  experimentStartedSchema,
  experimentSummarySchema,
  type ForkCall,
  FormatError,
  type IngestCall,
  ingestStartedSchema,
  neighboursPictureSchema,
  NotFoundError,
  pipelineSchema,
  type PictureName,
  picturesAskedSchema,
  type PicturesCall,
  type ProbeCall,
  probesAskedSchema,
  probeStatusSchema,
  projectionPictureSchema,
  reconstructionsPictureSchema,
  type RunAboutCall,
  runAboutSchema,
  type RunCall,
  runCheckSchema,
  runCurvesSchema,
  runDetailSchema,
  runLogSchema,
  runMetricsSchema,
  runPicturesSchema,
  runRecipeSchema,
  runStartedSchema,
  runSummarySchema,
  TokenError,
  type Sheet,
  type Split,
  UnlabelError,
  type UnlabelEvent,
  UsageError,
  viewsPictureSchema,
  weightsStoredSchema,
} from '#lib/contracts';

/** Control does not answer at all: it is not there, or not there yet. */
export class UnreachableError extends UnlabelError {}

const ok = z.strictObject({ ok: z.literal(true) });
/** What is given, as a query. */
const queryOf = (query: Record<string, string | number | undefined>): string =>
  new URLSearchParams(
    Object.entries(query).flatMap(([key, value]) =>
      value === undefined ? [] : [[key, String(value)] as [string, string]],
    ),
  ).toString();
const errorOf = { 400: UsageError, 401: TokenError, 404: NotFoundError, 409: ConflictError } as const;

/** A token that may change while a client lives. */
export interface TokenSource {
  token(): string | undefined;
  /** control asked for one, or for another */
  onRefused?(): void;
}

/** Typed calls of control's API, for the command line and the dashboard. Answers are checked against their schemas. */
export class ControlClient {
  readonly address: string;
  readonly #guard: TokenSource;

  /**
   * @param address where control listens, `http://127.0.0.1:4280`; empty: the page's own origin
   * @param token for a control that asks for one
   */
  constructor(address: string, token?: string | TokenSource) {
    this.address = address.replace(/\/+$/, '');
    this.#guard = typeof token === 'object' ? token : { token: () => token };
  }

  health = () => this.#get('/api/health', apiHealthSchema);
  methods = () => this.#get('/api/methods', z.array(catalogueEntrySchema));
  backbones = () => this.#get('/api/backbones', z.array(catalogueEntrySchema));
  recipes = () => this.#get('/api/recipes', z.array(catalogueEntrySchema));
  doctor = () => this.#get('/api/doctor', doctorReportSchema);
  deadLetters = () => this.#get('/api/dead-letters', z.array(deadLetterSchema));
  retryDeadLetter = (subject: string) => this.#post('/api/dead-letters/retry', { subject }, deadLetterEndSchema);
  dropDeadLetter = (subject: string) => this.#post('/api/dead-letters/drop', { subject }, deadLetterEndSchema);
  pipeline = () => this.#get('/api/pipeline', pipelineSchema);
  datasets = () => this.#get('/api/datasets', z.array(datasetSummarySchema));
  dataset = (dataset: string) => this.#get(`/api/datasets/${encodeURIComponent(dataset)}`, datasetDetailSchema);
  /** @param force also where runs that are not over use it: they are told to stop */
  removeDataset = (dataset: string, force = false) =>
    this.#call(
      `/api/datasets/${encodeURIComponent(dataset)}?force=${force}`,
      { method: 'DELETE' },
      datasetRemovedSchema,
    );
  ingest = (call: IngestCall) => this.#post('/api/datasets', call, ingestStartedSchema);
  runs = () => this.#get('/api/runs', z.array(runSummarySchema));
  run = (run: string) => this.#get(`/api/runs/${encodeURIComponent(run)}`, runDetailSchema);
  runRecipe = (run: string) => this.#get(`/api/runs/${encodeURIComponent(run)}/recipe`, runRecipeSchema);
  startRun = (call: RunCall) => this.#post('/api/runs', call, runStartedSchema);
  /** Sends a safetensors file of pretrained weights; what comes back is a spec's `backbone.weights`. */
  storeWeights = (file: Blob) =>
    this.#call(
      '/api/weights',
      { method: 'POST', body: file, headers: { 'content-type': 'application/octet-stream' } },
      weightsStoredSchema,
    );
  checkRun = (call: RunCall) => this.#post('/api/runs/check', call, runCheckSchema);
  stopRun = (run: string) => this.#post(`/api/runs/${encodeURIComponent(run)}/stop`, undefined, ok);
  forkRun = (run: string, call: Partial<ForkCall>) =>
    this.#post(`/api/runs/${encodeURIComponent(run)}/fork`, call, runStartedSchema);
  removeRun = (run: string) => this.#call(`/api/runs/${encodeURIComponent(run)}`, { method: 'DELETE' }, ok);
  about = (run: string) => this.#get(`/api/runs/${encodeURIComponent(run)}/about`, runAboutSchema);
  /** Changes title, tags or notes of a run; what is left out stays. */
  changeAbout = (run: string, call: RunAboutCall) =>
    this.#send('PATCH', `/api/runs/${encodeURIComponent(run)}/about`, call, runAboutSchema);
  runLog = (run: string) => this.#get(`/api/runs/${encodeURIComponent(run)}/log`, runLogSchema);
  resumeRun = (run: string) => this.#post(`/api/runs/${encodeURIComponent(run)}/resume`, undefined, ok);
  probeRun = (run: string, call: Partial<ProbeCall>) =>
    this.#post(`/api/runs/${encodeURIComponent(run)}/probes`, call, probesAskedSchema);
  probeStatus = (run: string, { step, kind, split }: AskedProbe) =>
    this.#get(`/api/runs/${encodeURIComponent(run)}/probes/${step}/${kind}?split=${split}`, probeStatusSchema);
  metrics = (run: string, after = 0) =>
    this.#get(`/api/runs/${encodeURIComponent(run)}/metrics?after=${after}`, runMetricsSchema);
  /** Some images of a split, or of a class of it. */
  samples = (
    dataset: string,
    query: { split: Split; class?: number; count?: number; offset?: number; content?: string },
  ) => this.#get(`/api/datasets/${encodeURIComponent(dataset)}/samples?${queryOf(query)}`, datasetSamplesSchema);
  /** Where an image of a dataset is; with `content` it may be kept for ever. */
  imageUrl = (dataset: string, query: { split: Split; index: number; size?: number; content?: string }) =>
    `${this.address}/api/datasets/${encodeURIComponent(dataset)}/image?${queryOf(query)}`;
  /** The images behind a cell of a confusion matrix. */
  confused = (
    run: string,
    { step, kind, split }: AskedProbe,
    cell: { truth: number; predicted: number; limit?: number; offset?: number },
  ) =>
    this.#get(
      `/api/runs/${encodeURIComponent(run)}/probes/${step}/${kind}/confused?${queryOf({ split, ...cell })}`,
      confusedSchema,
    );
  pictures = (run: string) => this.#get(`/api/runs/${encodeURIComponent(run)}/pictures`, runPicturesSchema);
  makePictures = (run: string, call: Partial<PicturesCall> = {}) =>
    this.#post(`/api/runs/${encodeURIComponent(run)}/pictures`, call, picturesAskedSchema);
  viewsPicture = (run: string, step = 0) => this.#picture(run, step, 'views', viewsPictureSchema);
  reconstructions = (run: string, step: number) =>
    this.#picture(run, step, 'reconstructions', reconstructionsPictureSchema);
  neighbours = (run: string, step: number) => this.#picture(run, step, 'neighbours', neighboursPictureSchema);
  projection = (run: string, step: number) => this.#picture(run, step, 'projection', projectionPictureSchema);
  /** Where the sheet of a picture is. */
  sheetUrl = (run: string, step: number, { file, sha256 }: Pick<Sheet, 'file' | 'sha256'>) =>
    `${this.address}/api/runs/${encodeURIComponent(run)}/pictures/${step}/${file}?sha256=${sha256}`;
  /** The sheet of a picture itself, a PNG. */
  sheet = async (run: string, step: number, { file, sha256 }: Pick<Sheet, 'file' | 'sha256'>): Promise<Uint8Array> => {
    const path = `/api/runs/${encodeURIComponent(run)}/pictures/${step}/${file}?sha256=${sha256}`;
    const answer = await this.#fetch(path, {});
    return new Uint8Array(
      await answer.arrayBuffer().catch((cause: unknown) => {
        throw this.#unreachable(cause);
      }),
    );
  };
  /** Metrics in about so many points, of all steps or of a range. */
  curves = (run: string, { points, from, to }: { points?: number; from?: number; to?: number } = {}) => {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries({ points, from, to }))
      if (value !== undefined) query.set(name, String(value));
    return this.#get(`/api/runs/${encodeURIComponent(run)}/curves?${query.toString()}`, runCurvesSchema);
  };
  /** The bytes at one of these addresses, for a control that asks for a token, which no image element sends. */
  blob = async (address: string): Promise<Blob> => {
    const answer = await this.#fetch(address.slice(this.address.length), {});
    return answer.blob().catch((cause: unknown) => {
      throw this.#unreachable(cause);
    });
  };
  experiments = () => this.#get('/api/experiments', z.array(experimentSummarySchema));
  experiment = (experiment: string) =>
    this.#get(`/api/experiments/${encodeURIComponent(experiment)}`, experimentDetailSchema);
  startExperiment = (call: ExperimentCall) => this.#post('/api/experiments', call, experimentStartedSchema);
  compare = (which: { runs?: string[]; dataset?: string; experiment?: string }) => {
    const query = new URLSearchParams();
    if (which.runs?.length) query.set('runs', which.runs.join(','));
    if (which.dataset) query.set('dataset', which.dataset);
    if (which.experiment) query.set('experiment', which.experiment);
    return this.#get(`/api/compare?${query.toString()}`, comparisonSchema);
  };

  #picture<T>(run: string, step: number, name: PictureName, schema: z.ZodType<T>): Promise<T> {
    return this.#get(`/api/runs/${encodeURIComponent(run)}/pictures/${step}/${name}`, schema);
  }

  /**
   * Live events until the signal is aborted or control goes away.
   * @param onOpen told when events begin to come, which may be long before the first
   * @throws UnreachableError when control does not answer in the first place
   */
  async *events(signal?: AbortSignal, onOpen?: () => void): AsyncGenerator<UnlabelEvent> {
    const isAborted = () => signal?.aborted === true;
    const answer = await this.#fetch('/api/events', { ...(signal && { signal }) }).catch((error: unknown) => {
      if (isAborted()) return undefined;
      throw error;
    });
    if (!answer?.body) return;
    onOpen?.();
    const events = answer.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
    const reader = events.getReader();
    try {
      for (;;) {
        const next = await reader.read().catch(() => undefined); // aborted, or the connection is gone
        if (!next || next.done) return;
        yield this.#parse(next.value.data, eventSchema);
      }
    } finally {
      await reader.cancel().catch(() => undefined);
    }
  }

  #get<T>(path: string, schema: z.ZodType<T>): Promise<T> {
    return this.#call(path, {}, schema);
  }

  #post<T>(path: string, body: unknown, schema: z.ZodType<T>): Promise<T> {
    return this.#send('POST', path, body, schema);
  }

  #send<T>(method: string, path: string, body: unknown, schema: z.ZodType<T>): Promise<T> {
    const headers = { 'content-type': 'application/json' }; // also without a body: it tells control that no form sent it
    return this.#call(path, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) }, schema);
  }

  async #call<T>(path: string, init: RequestInit, schema: z.ZodType<T>): Promise<T> {
    const answer = await this.#fetch(path, init);
    const text = await answer.text().catch((cause: unknown) => {
      throw this.#unreachable(cause); // it went away in the middle of its answer
    });
    return this.#parse(text, schema);
  }

  #parse<T>(text: string, schema: z.ZodType<T>): T {
    try {
      return schema.parse(JSON.parse(text));
    } catch (cause) {
      throw new FormatError(`${this.address} answered what control of this version does not answer`, {
        cause,
        remedy: 'check the address; control and its callers must be of one version of Unlabel',
      });
    }
  }

  async #fetch(path: string, init: RequestInit): Promise<Response> {
    const token = this.#guard.token();
    const authorization = token ? { authorization: `Bearer ${token}` } : {};
    const headers = { ...authorization, ...(init.headers as Record<string, string> | undefined) };
    const answer = await fetch(`${this.address}${path}`, { ...init, headers }).catch((cause: unknown) => {
      throw this.#unreachable(cause);
    });
    if (answer.ok) return answer;
    const error = await refusal(answer);
    if (error instanceof TokenError && token === this.#guard.token()) this.#guard.onRefused?.();
    throw error;
  }

  #unreachable(cause: unknown): UnreachableError {
    return new UnreachableError(`control at ${this.address} does not answer`, {
      cause,
      remedy: 'start the stack with ./unlabel up, or check UNLABEL_CONTROL',
    });
  }
}

/** The error that an answer stands for: the same class that control threw. */
async function refusal(answer: Response): Promise<UnlabelError> {
  const parsed = apiErrorSchema.safeParse(await answer.json().catch(() => undefined));
  if (!parsed.success) return new UnlabelError(`control answered ${answer.status} ${answer.statusText}`);
  const { error, remedy, field, nearest } = parsed.data;
  const options: ErrorOptions = {
    remedy: remedy ?? undefined,
    field: field ?? undefined,
    nearest: nearest ?? undefined,
  };
  const Known = errorOf[answer.status as keyof typeof errorOf] ?? UnlabelError;
  return new Known(error, options);
}
