import { signal } from '@preact/signals';

import { hashOf, type Place, placeOf } from '../router.ts';

/** Where the page is; follows the address. */
export const place = signal<Place>(placeOf(location.hash));

/** Goes to a place, and its address can be shared. */
export function go(to: Place): void {
  location.hash = hashOf(to);
}

addEventListener('hashchange', () => (place.value = placeOf(location.hash)));
