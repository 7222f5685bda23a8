import type { EngineEvent, Op, StepMetadata } from "../engine/events";
import { isDefaultProvider, STACK_TYPE, urnName } from "../engine/urn";
import { Diagnostics, prefixOf } from "./diagnostics";
import { diffSummary } from "./diff-summary";
import { type Display, type DisplayOptions, title } from "./display";
import { renderOutputs } from "./outputs";
import { OP_STYLES, paint, seconds, shortType } from "./style";
import { resourceSummary } from "./summary";

interface Row {
  readonly step: StepMetadata;
  readonly since: number;
  message: string;
}

/** A step that takes longer says every so often that it is still going on. */
const HEARTBEAT_MILLISECONDS = 20_000;

/** One line for whatever happens to a resource, then diagnostics, outputs and a summary. */
export class ProgressDisplay implements Display {
  private readonly rows = new Map<string, Row>();
  private readonly diffs = new Map<string, string>();
  private readonly diagnostics: Diagnostics;
  private readonly heartbeat: NodeJS.Timeout;
  private rootUrn = "";
  private root: StepMetadata | undefined;
  private rootSince = 0;

  constructor(
    private readonly options: DisplayOptions,
    rootUrn: string,
    private readonly print: (text: string) => void,
  ) {
    this.rootUrn = rootUrn;
    this.diagnostics = new Diagnostics(() => this.rootUrn);
    this.print(`${title(options)}\n`);
    this.heartbeat = setInterval(() => this.beat(), HEARTBEAT_MILLISECONDS);
    this.heartbeat.unref();
  }

  show(event: EngineEvent): void {
    switch (event.kind) {
      case "resource-pre":
        this.begin(event.step);
        return;
      case "resource-outputs":
        this.end(event.step);
        return;
      case "resource-failed":
        this.fail(event.step);
        return;
      case "diagnostic":
        this.diagnose(event);
        return;
      case "summary":
        this.summarize(event);
        return;
    }
  }

  async close(): Promise<void> {
    clearInterval(this.heartbeat);
  }

  private begin(step: StepMetadata): void {
    if (isDefaultProvider(step.urn)) return;
    const isRoot = step.type === STACK_TYPE;
    if (isRoot) {
      this.root = step;
      this.rootSince = Date.now();
    }
    this.rows.set(rowKey(step), { step, since: Date.now(), message: "" });
    if (step.op === "same") {
      if (this.options.showSames && !isRoot) this.line(step.op, step, "");
      return;
    }
    const { planned, running } = OP_STYLES[step.op];
    this.line(step.op, step, this.options.preview ? planned : `${running} (0s)`);
  }

  private end(step: StepMetadata): void {
    if (isDefaultProvider(step.urn)) return;
    if (step.type === STACK_TYPE) {
      this.root = step;
      return;
    }
    const row = this.take(step);
    if (step.op === "same") {
      if (row?.step.op === "refresh") this.line("same", step, "");
      return;
    }
    const previewDone = this.options.preview && row?.step.op !== "refresh";
    if (previewDone) return;
    const { planned, done } = OP_STYLES[step.op];
    const took = row ? Date.now() - row.since : 0;
    this.line(step.op, step, this.options.preview ? planned : `${done} (${seconds(took)})`, row?.message);
  }

  private fail(step: StepMetadata): void {
    const row = this.take(step);
    const word = OP_STYLES[step.op][this.options.preview ? "planned" : "running"] || step.op;
    this.line(step.op, step, paint("red", `**${word} failed**`), row?.message);
  }

  private diagnose(event: EngineEvent & { kind: "diagnostic" }): void {
    if (event.severity === "debug" && !this.options.debug) return;
    if (!event.ephemeral) this.diagnostics.add(event.urn, event.severity, event.message);
    const first = event.message.trim().split("\n")[0] ?? "";
    if (first === "") return;
    const text = prefixOf(event.severity) + first;
    const row = [...this.rows.values()].find(({ step }) => step.urn === (event.urn || this.rootUrn));
    if (!row) return;
    row.message = text;
    const { step } = row;
    if (step.op === "same") this.line(step.op, step, "running", text);
    else this.line(step.op, step, this.status(row), text);
  }

  private summarize(event: EngineEvent & { kind: "summary" }): void {
    clearInterval(this.heartbeat);
    this.finishRoot(event.failed);
    const blocks: string[] = [];
    const diagnostics = this.diagnostics.text();
    if (diagnostics !== "") blocks.push(diagnostics);
    const outputs = this.outputs();
    if (outputs.length > 0) blocks.push(`Outputs:\n${outputs.join("\n")}\n\n`);
    blocks.push(`${resourceSummary(event.changes, this.options.preview, this.diagnostics.errored)}\n\n`);
    if (!this.options.preview) {
      blocks.push(`Duration: ${seconds(Math.max(1000, Number(event.duration / 1_000_000n)))}\n\n`);
    }
    this.print(blocks.join("").replace(/\n$/, ""));
  }

  private finishRoot(failed: boolean): void {
    const { root } = this;
    if (!root) return;
    const { done, planned } = OP_STYLES[root.op === "refresh" ? "same" : root.op];
    const took = `${done} (${seconds(Date.now() - this.rootSince)})`;
    const status = root.op === "same" || root.op === "refresh" ? "" : this.options.preview ? planned : took;
    const op: Op = root.op === "refresh" ? "same" : root.op;
    this.line(
      op,
      root,
      failed ? paint("red", "**failed**") : status,
      this.diagnostics.countText(this.rootUrn),
    );
  }

  private outputs(): string[] {
    if (!this.root || this.options.suppressOutputs) return [];
    const { preview, showSecrets, kind } = this.options;
    if (kind === "destroy" || (kind === "refresh" && preview)) return [];
    return renderOutputs(this.root, preview, showSecrets);
  }

  private beat(): void {
    if (this.options.suppressProgress) return;
    for (const row of this.rows.values()) {
      const running = row.step.op !== "same" && row.step.type !== STACK_TYPE;
      if (running && Date.now() - row.since >= HEARTBEAT_MILLISECONDS) {
        this.line(row.step.op, row.step, this.status(row), row.message);
      }
    }
  }

  private status(row: Row): string {
    const { planned, running } = OP_STYLES[row.step.op];
    return this.options.preview ? planned : `${running} (${Math.floor((Date.now() - row.since) / 1000)}s)`;
  }

  private take(step: StepMetadata): Row | undefined {
    const key = this.rows.has(rowKey(step)) ? rowKey(step) : rowKey({ ...step, op: "refresh" });
    const row = this.rows.get(key);
    this.rows.delete(key);
    return row;
  }

  /** The deletion of what was replaced is about the same change as its replacement. */
  private diffText(op: Op, step: StepMetadata): string {
    if (op === "delete-replaced") return this.diffs.get(step.urn) ?? "";
    if (op !== "update" && op !== "replace" && op !== "create-replacement") return "";
    const text = diffSummary(step);
    this.diffs.set(step.urn, text);
    return text;
  }

  private line(op: Op, step: StepMetadata, status: string, message = ""): void {
    const { sign, colour } = OP_STYLES[op];
    const info = [this.diffText(op, step), message].filter((part) => part !== "").join("; ");
    this.print(
      `${paint(colour, ` ${sign} `)}${shortType(step.type)} ${urnName(step.urn)} ${paint(colour, status)} ${info}`,
    );
  }
}

function rowKey(step: StepMetadata): string {
  return `${step.urn} ${step.op} ${step.op === "delete-replaced" ? step.old?.id : ""}`;
}
