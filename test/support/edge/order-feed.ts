import { messageOf } from "../../../components/values/error-facts";

/** Orders at a steady rate, each asked for once: what a shop has answered with 202 it must not lose. */
export class OrderFeed {
  readonly failures: string[] = [];
  private readonly accepted: number[] = [];
  private readonly open = new Set<Promise<void>>();
  private readonly beat: NodeJS.Timeout;

  constructor(
    private readonly url: string,
    perSecond: number,
  ) {
    this.beat = setInterval(() => this.one(), 1000 / perSecond);
  }

  /** Asks for no more. @returns the numbers of the orders that were taken */
  async stop(): Promise<readonly number[]> {
    clearInterval(this.beat);
    await Promise.all(this.open);
    return this.accepted;
  }

  private one(): void {
    const asked = this.order()
      .catch((error) => void this.failures.push(messageOf(error)))
      .finally(() => this.open.delete(asked));
    this.open.add(asked);
  }

  private async order(): Promise<void> {
    const signal = AbortSignal.timeout(20_000);
    const answer = await fetch(this.url, { method: "POST", body: "cents=1250", signal });
    const text = await answer.text();
    if (answer.status === 202) this.accepted.push(Number(text));
    else this.failures.push(`${answer.status} ${text.slice(0, 100)}`);
  }
}
