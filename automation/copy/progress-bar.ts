import type { CopyProgress, CopyStage } from "../../components/registry/copy/copy-progress";
import { bytesText } from "../../components/values/bytes-text";
import { TransferRate } from "./transfer-rate";

export interface ProgressOutput {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

export interface ProgressView {
  /** Cheap, however often it is called. */
  update(progress: CopyProgress): void;
  /** Takes the bar off the screen. */
  end(): void;
}

export interface ProgressOptions {
  readonly output: ProgressOutput;
  readonly env: NodeJS.ProcessEnv;
  /** Plain lines also where nobody watches, and beside `--json`. */
  readonly lines: boolean;
  readonly json: boolean;
  /** Milliseconds between two lines. @default 20000 */
  readonly lineInterval?: number;
}

// Ten times a second is as often as anybody can see.
const REDRAW_MS = 100;
/** A job's log without a line for a minute looks like a job that hangs. */
const LINE_MS = 20_000;
const BAR = { least: 10, most: 30 };
const DEFAULT_COLUMNS = 80;
const CLEAR = "\r\x1b[K";

const STAGES: Record<CopyStage, string> = {
  resolve: "Reading the image",
  check: "Asking the target",
  blobs: "Copying blobs",
  manifests: "Copying manifests",
  verify: "Checking the target",
  tag: "Setting the tag",
  done: "Done",
};

/** How far a copy is: a bar on a terminal, a line now and then elsewhere, and nothing beside `--json`. */
export function showProgress(options: ProgressOptions): ProgressView {
  const { output, env, lines, json } = options;
  if (lines) return new ProgressLines(output, options.lineInterval);
  if (json) return { update: () => undefined, end: () => undefined };
  const isScreen = output.isTTY === true && env["TERM"] !== "dumb";
  return isScreen
    ? new ProgressBar(output, !env["NO_COLOR"])
    : new ProgressLines(output, options.lineInterval);
}

/** One line that is drawn over itself. */
class ProgressBar implements ProgressView {
  private progress: CopyProgress | undefined;
  private shown = "";
  private readonly rate = new TransferRate();
  private readonly timer = setInterval(() => this.draw(), REDRAW_MS).unref();

  constructor(
    private readonly output: ProgressOutput,
    private readonly hasColor: boolean,
  ) {}

  update(progress: CopyProgress): void {
    this.progress = { ...progress };
  }

  end(): void {
    clearInterval(this.timer);
    if (this.shown !== "") this.output.write(CLEAR);
    this.shown = "";
  }

  private draw(): void {
    if (this.progress === undefined) return;
    if (this.progress.stage === "blobs") this.rate.add(this.progress.bytesDone, Date.now());
    const columns = this.output.columns || DEFAULT_COLUMNS;
    const line = barLine(this.progress, this.rate.perSecond, columns, this.hasColor);
    if (line === this.shown) return;
    this.shown = line;
    this.output.write(`\r${line}\x1b[K`);
  }
}

/** A line at the first blob, and one every so often, also where nothing moves. */
class ProgressLines implements ProgressView {
  private progress: CopyProgress | undefined;
  private readonly rate = new TransferRate();
  private readonly sampler = setInterval(() => this.sample(), 1000).unref();
  private readonly timer;
  private begun = false;

  constructor(
    private readonly output: ProgressOutput,
    interval = LINE_MS,
  ) {
    this.timer = setInterval(() => this.output.write(`${this.line()}\n`), interval).unref();
  }

  update(progress: CopyProgress): void {
    this.progress = { ...progress };
    const { stage, bytes, bytesDone, blobs, blobsDone } = progress;
    if (this.begun || stage !== "blobs" || blobsDone === blobs) return;
    this.begun = true;
    this.rate.add(bytesDone, Date.now());
    this.output.write(`${STAGES.blobs}: ${blobs - blobsDone} of ${blobs}, ${bytesText(bytes - bytesDone)}\n`);
  }

  end(): void {
    clearInterval(this.timer);
    clearInterval(this.sampler);
  }

  private sample(): void {
    if (this.progress?.stage === "blobs") this.rate.add(this.progress.bytesDone, Date.now());
  }

  private line(): string {
    if (this.progress === undefined) return `${STAGES.resolve} …`;
    const parts = partsOf(this.progress, this.rate.perSecond);
    if (parts.bytes === "") return `${parts.stage} …`;
    const figures = [`${parts.bytes} (${parts.percent})`, parts.rate, parts.blobs];
    return `${parts.stage}: ${figures.filter((part) => part !== "").join(", ")}`;
  }
}

/** The longest form of the line that a terminal of so many columns takes. */
export function barLine(
  progress: CopyProgress,
  perSecond: number | undefined,
  columns: number,
  hasColor: boolean,
): string {
  const { stage, percent, bytes, rate, blobs } = partsOf(progress, perSecond);
  // The last column stays free: some terminals go to the next line there.
  const room = columns - 1;
  if (bytes === "") return cut(`${stage} …`, room);
  for (const figures of [[bytes, rate, blobs], [bytes, rate], [rate]]) {
    const texts = [percent.padStart(4), ...figures].filter((part) => part !== "");
    const width = Math.min(room - [stage, "", ...texts].join("  ").length, BAR.most);
    if (width >= BAR.least) return [stage, bar(progress, width, hasColor), ...texts].join("  ");
  }
  const bare = [stage, percent, rate].filter((part) => part !== "").join("  ");
  return cut(bare.length <= room ? bare : `${stage}  ${percent}`, room);
}

function partsOf({ stage, blobs, blobsDone, bytes, bytesDone }: CopyProgress, perSecond: number | undefined) {
  const isCopying = stage === "blobs" && bytes > 0;
  return {
    stage: STAGES[stage],
    percent: isCopying ? `${Math.floor((bytesDone / bytes) * 100)}%` : "",
    bytes: isCopying ? `${bytesText(bytesDone)} of ${bytesText(bytes)}` : "",
    rate: isCopying && perSecond !== undefined ? `${bytesText(perSecond)}/s` : "",
    blobs: isCopying ? `${blobsDone} of ${blobs} blobs` : "",
  };
}

function bar({ bytes, bytesDone }: CopyProgress, width: number, hasColor: boolean): string {
  const full = Math.min(width, Math.max(0, Math.floor((bytesDone / bytes) * width)));
  const [done, open] = ["█".repeat(full), "░".repeat(width - full)];
  return hasColor ? `\x1b[36m${done}\x1b[2m${open}\x1b[0m` : done + open;
}

function cut(text: string, room: number): string {
  return text.length <= room ? text : text.slice(0, Math.max(0, room));
}
