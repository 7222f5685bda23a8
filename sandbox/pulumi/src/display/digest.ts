import type { EngineEvent, StepMetadata } from "../engine/events";
import { stateToJson } from "../engine/resource-state";
import { isDefaultProvider, STACK_TYPE } from "../engine/urn";
import type { JsonObject } from "../values/wire";
import type { Display } from "./display";
import { eventToJson, sortedChanges } from "./event-json";

const NO_CRYPTER = { encrypt: () => "[secret]", decrypt: () => "[secret]" };

/** `preview --json`: one object with every step (display.PreviewDigest). */
export class DigestDisplay implements Display {
  private config: JsonObject = {};
  private readonly steps: JsonObject[] = [];
  private readonly diagnostics: JsonObject[] = [];
  private readonly refreshing = new Set<string>();

  constructor(private readonly print: (text: string) => void) {}

  show(event: EngineEvent): void {
    switch (event.kind) {
      case "prelude":
        this.config = { ...event.config };
        return;
      case "diagnostic":
        if (event.severity !== "debug" && !event.ephemeral) this.diagnose(event);
        return;
      case "resource-pre":
        if (event.step.op === "refresh") this.refreshing.add(event.step.urn);
        else if (isShown(event.step)) this.steps.push(stepJson(event.step));
        return;
      case "resource-outputs":
        if (this.refreshing.delete(event.step.urn) && isShown(event.step))
          this.steps.push(stepJson(event.step));
        return;
      case "summary":
        this.finish(event);
        return;
    }
  }

  async close(): Promise<void> {
    // Everything is written with the summary.
  }

  private diagnose(event: EngineEvent & { kind: "diagnostic" }): void {
    const prefix = event.severity === "info" || event.severity === "info#err" ? "" : `${event.severity}: `;
    this.diagnostics.push({
      ...(event.urn === "" ? {} : { urn: event.urn }),
      message: `${prefix}${event.message}`,
      severity: event.severity,
    });
  }

  private finish(event: EngineEvent & { kind: "summary" }): void {
    const digest = {
      ...(Object.keys(this.config).length > 0 ? { config: this.config } : {}),
      ...(this.steps.length > 0 ? { steps: this.steps } : {}),
      ...(this.diagnostics.length > 0 ? { diagnostics: this.diagnostics } : {}),
      duration: Number(event.duration),
      changeSummary: sortedChanges(event.changes),
    };
    this.print(JSON.stringify(digest, null, 4));
  }
}

function isShown(step: StepMetadata): boolean {
  if (isDefaultProvider(step.urn) || !step.logical) return false;
  if (step.type === STACK_TYPE) return true;
  return step.op !== "same" || step.old?.protect !== step.new?.protect;
}

function stepJson(step: StepMetadata): JsonObject {
  const details = step.detailedDiff;
  return {
    op: step.op,
    urn: step.urn,
    ...(step.provider === "" ? {} : { provider: step.provider }),
    ...(step.old ? { oldState: stateToJson(step.old, NO_CRYPTER, "masked") as unknown as JsonObject } : {}),
    ...(step.new ? { newState: stateToJson(step.new, NO_CRYPTER, "masked") as unknown as JsonObject } : {}),
    ...(step.diffs.length > 0 ? { diffReasons: [...step.diffs] } : {}),
    ...(step.keys.length > 0 ? { replaceReasons: [...step.keys] } : {}),
    detailedDiff: details
      ? Object.fromEntries(
          Object.entries(details).map(([path, { kind, inputDiff }]) => [path, { kind, inputDiff }]),
        )
      : null,
  };
}

/** `up --json`: every event as a line. */
export class JsonLinesDisplay implements Display {
  private sequence = 0;

  constructor(private readonly print: (text: string) => void) {}

  show(event: EngineEvent): void {
    this.print(JSON.stringify(eventToJson(event, this.sequence++)));
  }

  async close(): Promise<void> {
    // Every line has been written.
  }
}
