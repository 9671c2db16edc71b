import type { Problem } from '../state/problem.ts';

/** The field of the form that a refusal is shown beside: keys of a spec are written among the changes. */
export function fieldOf({ field }: Pick<Problem, 'field'>): 'recipe' | 'dataset' | 'run' | 'changes' {
  return field === 'recipe' || field === 'dataset' || field === 'run' ? field : 'changes';
}
