// What may import what. Imports go down only: app -> platform and domain -> base. The second axis says where code runs:
// `any` code runs in a browser too and so imports neither Node nor native code. boundaries.test.ts checks that every
// project carries one tag of each axis and that every tag has a rule.
export const boundaries = [
  { sourceTag: 'type:app', onlyDependOnLibsWithTags: ['type:platform', 'type:domain', 'type:base', 'type:testing'] },
  { sourceTag: 'type:platform', onlyDependOnLibsWithTags: ['type:platform', 'type:base', 'type:testing'] },
  { sourceTag: 'type:domain', onlyDependOnLibsWithTags: ['type:domain', 'type:base', 'type:testing'] },
  { sourceTag: 'type:base', onlyDependOnLibsWithTags: ['type:base', 'type:testing'] },
  { sourceTag: 'type:testing', onlyDependOnLibsWithTags: ['type:base'] },
  { sourceTag: 'runtime:any', onlyDependOnLibsWithTags: ['runtime:any', 'type:testing'] },
  { sourceTag: 'runtime:web', onlyDependOnLibsWithTags: ['runtime:any', 'runtime:web', 'type:testing'] },
  { sourceTag: 'runtime:node', onlyDependOnLibsWithTags: ['runtime:any', 'runtime:node'] },
];

const vendors = [
  { owner: 'libs/bus', packages: ['@nats-io/*'] },
  { owner: 'libs/storage', packages: ['@aws-sdk/*'] },
  { owner: 'libs/images', packages: ['sharp'] },
  { owner: 'libs/engine', packages: ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node', '@tensorflow/tfjs'] },
];
const anyRuntime = [
  'contracts',
  'curves',
  'figures',
  'tensor',
  'sampling',
  'shards',
  'nn',
  'methods',
  'optim',
  'training',
  'evaluation',
  'client',
  'report',
];
const tests = ['**/*.test.{ts,tsx}', '**/*.e2e.ts'];

const vendorPatterns = (file) =>
  vendors
    .filter(({ owner }) => owner !== file)
    .map(({ owner, packages }) => ({ group: packages, message: `only ${owner} imports this package` }));
const nodePattern = {
  group: ['node:*'],
  message: 'this library runs in browsers too: take what you need as an argument',
};
const testingPattern = { group: ['#lib/testing', '#lib/testing/*'], message: 'libs/testing is for tests only' };
const rule = (patterns) => ({ 'no-restricted-imports': ['error', { patterns }] });

/** One importer per vendor, no Node in code that runs anywhere, and no test code in production. */
export const vendorImporters = [
  { files: ['**/*.ts', '**/*.tsx'], rules: rule([...vendorPatterns(''), testingPattern]) },
  { files: tests, rules: rule(vendorPatterns('')) },
  ...anyRuntime.map((lib) => ({
    files: [`libs/${lib}/src/**/*.{ts,tsx}`],
    ignores: tests,
    rules: rule([...vendorPatterns(''), nodePattern, testingPattern]),
  })),
  ...vendors.map(({ owner }) => ({
    files: [`${owner}/**/*.ts`],
    ignores: tests,
    rules: rule([...vendorPatterns(owner), testingPattern]),
  })),
  ...vendors.map(({ owner }) => ({ files: [`${owner}/**/*.test.ts`], rules: rule(vendorPatterns(owner)) })),
  { files: ['libs/testing/**/*.ts'], rules: rule(vendorPatterns('')) },
];
