import type { Report } from "../terminal/report";
import type { LogLine } from "./container-logs";

/** Lines of several logs: in the order in which they were written, unless they are followed; each with its service where there are several. */
export class LogPages {
  private readonly kept: LogLine[] = [];
  private readonly width: number;

  constructor(
    private readonly names: readonly string[],
    private readonly follow: boolean,
    private readonly report: Report,
  ) {
    this.width = Math.max(0, ...names.map((name) => name.length));
  }

  readonly add = (line: LogLine): void => {
    if (this.follow) this.print(line);
    else this.kept.push(line);
  };

  end(): void {
    const inOrder = this.kept.sort((one, other) =>
      one.time < other.time ? -1 : one.time > other.time ? 1 : 0,
    );
    for (const line of inOrder) this.print(line);
  }

  private print(line: LogLine): void {
    const isOne = this.names.length < 2;
    this.report.line(line, () => (isOne ? line.text : `${line.service.padEnd(this.width)} | ${line.text}`));
  }
}
