import { serviceVariables } from '#lib/service';

/** An environment variable: who reads it, what it is if it is not set, what it means. */
export interface Variable {
  name: string;
  readBy: string;
  standard: string;
  meaning: string;
}

/** Those that no schema holds. */
const others: Variable[] = [
  {
    name: 'UNLABEL_HOME',
    readBy: 'command line',
    standard: '.unlabel in the repository',
    meaning: "the local stack's folder: its storage, its queues, its logs",
  },
  {
    name: 'UNLABEL_CONTROL',
    readBy: 'command line',
    standard: "the local stack's",
    meaning: 'address of control, as http://control:4280; commands then start no stack',
  },
  {
    name: 'UNLABEL_CACHE',
    readBy: 'set-up, ingest',
    standard: '~/.cache/unlabel',
    meaning: 'folder of downloads: the set-up’s, and datasets of the catalogue',
  },
  {
    name: 'UNLABEL_DEVICE',
    readBy: 'set-up',
    standard: 'a GPU where its driver is',
    meaning: 'cpu or gpu: which TensorFlow is put in place',
  },
  {
    name: 'UNLABEL_KERNELS',
    readBy: 'pretrain, probe',
    standard: 'the best that the CPU has',
    meaning: 'off, avx2, avx512, avx512bf16 or amxbf16: what own kernels may use of the processor',
  },
  {
    name: 'UNLABEL_NATS_SERVER',
    readBy: 'set-up, local stack',
    standard: 'the one that the set-up fetched',
    meaning: 'path of another nats-server',
  },
  {
    name: 'UNLABEL_WHEELS',
    readBy: 'set-up',
    standard: 'the package index of pip',
    meaning: 'a folder of wheels, for a machine without a network',
  },
  {
    name: 'UNLABEL_DEBUG',
    readBy: 'set-up',
    standard: '0',
    meaning: '1 shows stack traces; of commands, --debug does',
  },
  {
    name: 'AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_ENDPOINT_URL',
    readBy: 'every service',
    standard: 'as the AWS SDK finds them',
    meaning: 'credentials, region and address of S3 storage; also its other variables and files',
  },
  {
    name: 'UNLABEL_S3_IDLE_MS',
    readBy: 'every service',
    standard: '30000',
    meaning: 'milliseconds without a byte after which a request to S3 storage is made anew',
  },
  {
    name: 'PIP_INDEX_URL, HTTPS_PROXY, NO_PROXY',
    readBy: 'set-up',
    standard: "pip's own settings",
    meaning: 'where wheels come from, and by which proxy',
  },
  { name: 'CXX', readBy: 'set-up', standard: 'c++, g++, clang++, or that of ziglang', meaning: 'a C++ compiler' },
  {
    name: 'NO_COLOR',
    readBy: 'command line',
    standard: 'colours on a terminal',
    meaning: 'anything: no colours',
  },
];

/** Every environment variable that a user may set. */
export const variables: Variable[] = [
  ...Object.values(serviceVariables).map(({ name, readBy, standard, meaning }) => ({
    name,
    readBy,
    standard,
    meaning,
  })),
  ...others,
].filter(({ name }) => name !== 'UNLABEL_SUPERVISED');

/** Names in the source that are no settings, and why. */
export const internal: Record<string, string> = {
  UNLABEL_SUPERVISED: 'the local stack tells its services by it that they have a supervisor',
  UNLABEL_STACK: 'marks processes of a local stack',
  UNLABEL_SCRIPT: 'a part of a name in a script of completion',
  UNLABEL_FAULTS: 'of the fault suite',
  UNLABEL_FAULTS_TRACE: 'of the fault suite',
  UNLABEL_FAULT_STACK: 'of the fault suite',
  UNLABEL_GOLDEN: 'of tests: CONTRIBUTING.md',
  UNLABEL_TEST_IMAGES: 'of tests: CONTRIBUTING.md',
  UNLABEL_REQUIRE_VERSITYGW: 'of tests',
  UNLABEL_VERSITYGW: 'of tests',
  UNLABEL_WEED: 'of tests',
  UNLABEL_CHROMIUM: 'of tests',
  UNLABEL_E2E: 'of tests',
  UNLABEL_SCREENSHOTS: 'of tests',
  UNLABEL_PYTHON: 'of benchmarks: CONTRIBUTING.md',
  UNLABEL_INGEST: 'name of a stream',
  UNLABEL_AUGMENT: 'name of a stream',
  UNLABEL_PRETRAIN: 'name of a stream',
  UNLABEL_PROBE: 'name of a stream',
  UNLABEL_EVENTS: 'name of a stream',
  UNLABEL_DEAD: 'name of a stream',
};
