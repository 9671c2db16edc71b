import type { Pairing } from './compare-steps.ts';

/** A pairing as it is written in tables: `pairingOf('float32 with XLA', 'bfloat16, eager', { ours: 1, torch: 2 })`. */
export function pairingOf(ours: string, torch: string, seconds: { ours: number; torch: number }): Pairing {
  const precisionOf = (words: string) => (words.startsWith('bfloat16') ? 'bfloat16' : 'float32');
  return {
    ours: { precision: precisionOf(ours), xla: ours.endsWith('XLA'), sideBySide: ours.endsWith('side by side') },
    torch: { precision: precisionOf(torch), compile: torch.includes('compile'), attention: null },
    oursSeconds: seconds.ours,
    torchSeconds: seconds.torch,
    ratio: seconds.torch / seconds.ours,
  };
}
