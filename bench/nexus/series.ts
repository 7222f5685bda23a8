import type { Timing } from "./contender";
import type { Action } from "./shape";
import { median } from "./table";

/** The timings of one contender at one size, round for round. */
export class Series {
  private readonly timings = new Map<Action, Timing[]>();

  add(action: Action, timing: Timing): void {
    this.timings.set(action, [...(this.timings.get(action) ?? []), timing]);
  }

  /** Median of the whole process; undefined where it was never timed. */
  whole(action: Action): number | undefined {
    return this.of(action, ({ whole }) => whole);
  }

  /** Median of the processors' seconds. */
  processor(action: Action): number | undefined {
    return this.of(action, ({ processor }) => processor);
  }

  /** Median of the operation inside. */
  inside(action: Action): number | undefined {
    return this.of(action, ({ inside }) => inside);
  }

  private of(action: Action, pick: (timing: Timing) => number | undefined): number | undefined {
    const values = (this.timings.get(action) ?? []).flatMap((timing) => pick(timing) ?? []);
    return values.length === 0 ? undefined : median(values);
  }
}
