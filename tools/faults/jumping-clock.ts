// Loaded before a service (`node --import`): its clock jumps by hours, forwards and back, as one does that is set anew. Time that is measured
// (`performance.now`, timers) goes on as it does.
const hourMs = 3_600_000;
const everyMs = 700;
const jumps = [0, 1, -1, 24, 0, -24, 0.5];

const exact = Date.now.bind(Date);
const startedMs = exact();
const jumped = () => exact() + hourMs * (jumps[Math.floor((exact() - startedMs) / everyMs) % jumps.length] as number);

class JumpingDate extends Date {
  constructor(...given: unknown[]) {
    if (given.length === 0) super(jumped());
    else super(...(given as [number]));
  }
  static override now(): number {
    return jumped();
  }
}
globalThis.Date = JumpingDate as DateConstructor;
