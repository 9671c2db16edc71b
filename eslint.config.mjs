import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';

import { boundaries, vendorImporters } from './tools/workspace/boundaries.mjs';

// LINT_TYPES=1 adds the rules that need types. They cost one load of the whole program for each run of
// ESLint, so they run once over the workspace (target lint-types) and not once for each project.
const typed = Boolean(process.env.LINT_TYPES);

export default tseslint.config(
  { ignores: ['**/dist', '**/node_modules', '.nx', '.unlabel', 'libs/testing/golden'] },
  { linterOptions: { reportUnusedDisableDirectives: typed ? 'off' : 'error' } },
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [typed ? tseslint.configs.recommendedTypeCheckedOnly : tseslint.configs.recommended],
    languageOptions: typed ? { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } } : {},
  },
  ...(typed
    ? [
        {
          files: ['**/*.ts', '**/*.tsx'],
          rules: {
            '@typescript-eslint/require-await': 'off',
            '@typescript-eslint/unbound-method': 'off', // objects here are closures: none reads `this` through an interface
            // The type arguments of tfjs say less than the assertion.
            '@typescript-eslint/no-unnecessary-type-assertion': 'off',
            // Shapes are written into messages as they are.
            '@typescript-eslint/restrict-template-expressions': [
              'error',
              {
                allowAny: true,
                allowArray: true,
                allowBoolean: true,
                allowNullish: true,
                allowNumber: true,
                allowRegExp: true,
              },
            ],
          },
        },
        // What a matcher stands for has no type.
        { files: ['**/*.test.ts'], rules: { '@typescript-eslint/no-unsafe-assignment': 'off' } },
      ]
    : [
        {
          files: ['**/*.ts', '**/*.tsx'],
          plugins: { '@nx': nx },
          rules: {
            '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
            '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
            '@nx/enforce-module-boundaries': [
              'error',
              { allow: [], enforceBuildableLibDependency: false, depConstraints: boundaries },
            ],
          },
        },
        // Tools stand above the projects: benchmarks run parts of apps, checks read everything.
        { files: ['tools/**/*.ts'], rules: { '@nx/enforce-module-boundaries': 'off' } },
        ...vendorImporters,
      ]),
);
