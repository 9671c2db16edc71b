import { computed, effect, signal } from '@preact/signals';

import { oneOf, remembered } from './remembered.ts';

export const themes = ['system', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

/** Chosen by the person; system: as the device is set. */
export const theme = remembered<Theme>('theme', 'system', oneOf(themes));

const darkDevice = matchMedia('(prefers-color-scheme: dark)');
const isDeviceDark = signal(darkDevice.matches);
darkDevice.addEventListener('change', ({ matches }) => (isDeviceDark.value = matches));

/** What is shown now; canvases, which know no `light-dark()`, draw anew when it changes. */
export const isDark = computed(() => (theme.value === 'system' ? isDeviceDark.value : theme.value === 'dark'));

effect(() => {
  document.documentElement.dataset['theme'] = theme.value;
});
