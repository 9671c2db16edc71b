// Gives every project its targets, so that no project.json lists them: what a target runs is in nx.json's targetDefaults.
import { dirname } from 'node:path';

export const name = 'nx-targets';

export const createNodesV2 = [
  '{apps,libs}/*/project.json',
  (files) =>
    files.map((file) => {
      const root = dirname(file);
      const projectType = root.startsWith('apps/') ? 'application' : 'library';
      return [file, { projects: { [root]: { root, projectType, targets: { lint: {}, typecheck: {} } } } }];
    }),
];
