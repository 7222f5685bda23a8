import type { Contender } from "./contender";
import { DirectContender } from "./direct-contender";
import { programStart } from "./program-start";
import { PulumiContender } from "./pulumi-contender";
import { Series } from "./series";
import { ACTIONS, shapeOf, type Target } from "./shape";
import { TerraformContender } from "./terraform-contender";
import type { Ended } from "./timed";

/** All contenders and what they took. */
export class Contest {
  readonly pulumi: Contender = new PulumiContender();
  /** The same without a server. */
  readonly noOp: Contender = new PulumiContender("no-op");
  /** The same without Pulumi. */
  readonly direct: Contender = new DirectContender();
  readonly terraform: Contender | undefined = terraformAtHand();
  /** By step of the start of a program. */
  readonly starts = new Map<string, Ended[]>();
  private readonly results = new Map<Contender, Map<number, Series>>();
  private rounds = 0;

  of(contender: Contender, size: number): Series {
    const bySize = this.results.get(contender) ?? new Map<number, Series>();
    const series = bySize.get(size) ?? new Series();
    this.results.set(contender, bySize.set(size, series));
    return series;
  }

  /** One round at one size. Who begins changes from round to round. */
  play(size: number, target: Target): void {
    const all = [this.pulumi, this.noOp, this.direct, this.terraform].filter((one) => one !== undefined);
    const first = this.rounds++ % all.length;
    for (const contender of [...all.slice(first), ...all.slice(0, first)]) {
      contender.prepare({ shape: shapeOf(size), target });
      for (const action of ACTIONS) {
        const timing = contender.run(action);
        if (timing) this.of(contender, size).add(action, timing);
      }
    }
    for (const [step, ended] of programStart())
      this.starts.set(step, [...(this.starts.get(step) ?? []), ended]);
  }

  remove(): void {
    for (const contender of [this.pulumi, this.noOp, this.direct, this.terraform]) contender?.remove();
  }
}

function terraformAtHand(): Contender | undefined {
  const { BERTH_BENCH_TOFU: binary, BERTH_BENCH_TOFU_PROVIDER: provider } = process.env;
  return binary && provider ? new TerraformContender(binary, provider) : undefined;
}
