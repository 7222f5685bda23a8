import type { EngineEvent, StepMetadata } from "../engine/events";
import { isDefaultProvider, STACK_TYPE } from "../engine/urn";
import type { PropertyMap } from "../values/value";
import { Diagnostics } from "./diagnostics";
import { type Display, type DisplayOptions, title } from "./display";
import { renderOutputs } from "./outputs";
import { renderChanges, renderMap } from "./render-value";
import { OP_STYLES, paint, seconds } from "./style";
import { resourceSummary } from "./summary";

/** `--diff`: every step with the properties that it sets or changes. */
export class RichDiffDisplay implements Display {
  private readonly diagnostics: Diagnostics;
  private readonly shown = new Set<string>();
  private root: StepMetadata | undefined;

  constructor(
    private readonly options: DisplayOptions,
    rootUrn: string,
    private readonly print: (text: string) => void,
  ) {
    this.diagnostics = new Diagnostics(() => rootUrn);
    this.print(title(options));
  }

  show(event: EngineEvent): void {
    switch (event.kind) {
      case "resource-pre":
        if (event.step.op !== "refresh") this.step(event.step);
        return;
      case "resource-outputs":
        if (event.step.type === STACK_TYPE) this.root = event.step;
        else if (!this.shown.has(event.step.urn) && event.step.op !== "same") this.step(event.step);
        return;
      case "diagnostic":
        if (!event.ephemeral && (event.severity !== "debug" || this.options.debug)) {
          this.diagnostics.add(event.urn, event.severity, event.message);
        }
        return;
      case "summary":
        this.summarize(event);
        return;
    }
  }

  async close(): Promise<void> {
    // Everything is written as it comes.
  }

  private step(step: StepMetadata): void {
    if (isDefaultProvider(step.urn)) return;
    const isRoot = step.type === STACK_TYPE;
    if (isRoot) this.root = step;
    // The two halves of a replacement are shown as the one replacement that they make.
    if (!step.logical || (step.op === "same" && !isRoot && !this.options.showSames)) return;
    this.shown.add(step.urn);
    const indent = isRoot ? "" : "    ";
    const { sign, colour } = OP_STYLES[step.op];
    this.print(`${indent}${paint(colour, `${sign}${step.type}: (${step.op})`)}`);
    const inner = `${indent}    `;
    const id = (step.old ?? step.new)?.id ?? "";
    if (id !== "" && step.op !== "create") this.print(`${inner}[id=${id}]`);
    this.print(`${inner}[urn=${step.urn}]`);
    if (step.provider !== "" && !step.provider.includes("pulumi-nodejs::default")) {
      this.print(`${inner}[provider=${step.provider}]`);
    }
    for (const line of this.properties(step, inner)) this.print(line);
  }

  private properties(step: StepMetadata, indent: string): string[] {
    const { showSecrets } = this.options;
    const news = step.new?.inputs ?? {};
    const olds = step.old?.inputs ?? {};
    if (step.op === "create" || step.op === "read") return renderMap(news, indent, { showSecrets });
    if (step.op === "delete") return renderMap(olds, indent, { showSecrets });
    if (step.op !== "update" && step.op !== "replace") return [];
    const keys = step.detailedDiff && topLevel(Object.keys(step.detailedDiff));
    const before = keys ? pick({ ...step.old?.outputs, ...olds }, keys) : olds;
    const after = keys ? pick(news, keys) : news;
    return renderChanges(before, after, indent, { showSecrets, unchanged: !keys });
  }

  private summarize(event: EngineEvent & { kind: "summary" }): void {
    const { kind, preview, showSecrets, suppressOutputs } = this.options;
    if (this.root && !suppressOutputs && kind !== "destroy") {
      const lines = renderOutputs(this.root, preview, showSecrets);
      if (lines.length > 0) this.print(["    --outputs:--", ...lines].join("\n"));
    }
    const text = this.diagnostics.text();
    if (text !== "") this.print(text.trimEnd());
    this.print(resourceSummary(event.changes, preview, this.diagnostics.errored));
    if (!preview) this.print(`\nDuration: ${seconds(Math.max(1000, Number(event.duration / 1_000_000n)))}`);
  }
}

function topLevel(paths: readonly string[]): Set<string> {
  return new Set(paths.map((path) => path.split(/[.[]/)[0] ?? path));
}

function pick(map: PropertyMap, keys: ReadonlySet<string>): PropertyMap {
  return Object.fromEntries(Object.entries(map).filter(([key]) => keys.has(key)));
}
