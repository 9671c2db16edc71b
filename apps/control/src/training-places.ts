import type { TrainingPlace } from '#lib/contracts';

import type { Workers } from './workers.ts';

/** Machines of the pretraining workers that are here. */
export class TrainingPlaces {
  readonly #workers: Workers;

  constructor(workers: Workers) {
    this.#workers = workers;
  }

  /** Where a method's run may train now, as far as workers said how much memory they have; those with most of it first. */
  of(method: string): TrainingPlace[] {
    const places = this.#workers
      .here()
      .filter(({ stage, methods }) => stage === 'pretrain' && methods.includes(method))
      .flatMap(({ host, memory }) =>
        memory ? [{ name: memory.device === 'gpu' ? `the GPU of ${host}` : host, ...memory }] : [],
      );
    return [...new Map(places.map((place) => [`${place.name} ${place.bytes}`, place])).values()].sort(
      (a, b) => b.bytes - a.bytes,
    );
  }
}
