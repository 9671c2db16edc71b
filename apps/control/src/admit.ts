import { type Admission, type RunModel, type RunSpec, type TrainingPlace, UsageError } from '#lib/contracts';
import { gigabytes } from '#lib/training';

import type { AskAdmission } from './admission/ask.ts';
import type { TrainingPlaces } from './training-places.ts';

export interface Admitted {
  model: RunModel;
  /** the worker with the most memory; null: none said so yet */
  place: TrainingPlace | null;
  notes: string[];
}

/** Lets specs in whose training fits in the memory of a worker that is here. */
export class Admissions {
  readonly #ask: AskAdmission;
  readonly places: TrainingPlaces;

  constructor(ask: AskAdmission, places: TrainingPlaces) {
    this.#ask = ask;
    this.places = places;
  }

  /** @throws UsageError for the first spec that fits nowhere: field, what it takes, what there is, the largest batch that fits */
  async admit(specs: RunSpec[]): Promise<Admitted[]> {
    const byMethod = Map.groupBy(specs, ({ method }) => method.name);
    const answers = new Map<RunSpec, Admission>();
    for (const [method, own] of byMethod) {
      const given = await this.#ask(own, this.places.of(method));
      own.forEach((spec, i) => answers.set(spec, given[i] as Admission));
    }
    return specs.map((spec) => {
      const { model, refusal } = answers.get(spec) as Admission;
      if (refusal) throw new UsageError(refusal.message, refusal);
      const place = this.places.of(spec.method.name)[0] ?? null;
      const takes = `takes about ${gigabytes(model.memory.hostBytes)} of memory`;
      const notes = place
        ? []
        : [`no worker has said how much memory it has: a run ${takes}, checked again where it trains`];
      return { model, place, notes };
    });
  }
}
