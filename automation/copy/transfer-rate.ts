/** Milliseconds: long enough to be calm, short enough to show that a line has gone dead. */
const WINDOW_MS = 4_000;

/** How fast a growing count of bytes has grown lately. */
export class TransferRate {
  private samples: { time: number; bytes: number }[] = [];

  /** @param time in milliseconds; the count may fall, where something has to be sent again. */
  add(bytes: number, time: number): void {
    this.samples.push({ time, bytes });
    const old = this.samples.findLastIndex((sample) => sample.time <= time - WINDOW_MS);
    if (old > 0) this.samples = this.samples.slice(old);
  }

  /** Bytes a second; undefined before there is anything to go by. */
  get perSecond(): number | undefined {
    const [first, last] = [this.samples[0], this.samples.at(-1)];
    if (first === undefined || last === undefined || last.time - first.time < 500) return undefined;
    return Math.max(0, ((last.bytes - first.bytes) * 1000) / (last.time - first.time));
  }
}
