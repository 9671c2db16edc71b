import type { ComponentChildren } from 'preact';

import { horizontal, largestSmoothing, smoothing } from './chart-settings.ts';
import { type Horizontal, horizontals } from './horizontal.ts';

/** How smooth the lines of all charts are. @param children what is said beside it */
export const SmoothingControl = ({ children }: { children?: ComponentChildren }) => (
  <label>
    Smoothing{' '}
    <input
      type="range"
      min="0"
      max={largestSmoothing}
      step="0.01"
      value={smoothing.value}
      onInput={({ currentTarget }) => (smoothing.value = Number(currentTarget.value))}
    />
    {children}
  </label>
);

/** What all charts go by from left to right. */
export const HorizontalControl = () => (
  <label>
    By{' '}
    <select
      value={horizontal.value}
      onChange={({ currentTarget }) => (horizontal.value = currentTarget.value as Horizontal)}
    >
      {horizontals.map((each) => (
        <option key={each}>{each}</option>
      ))}
    </select>
  </label>
);
