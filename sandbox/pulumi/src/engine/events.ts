import type { PropertyDiff } from "./provider-adapter";
import type { ResourceState } from "./resource-state";

export type Op =
  | "same"
  | "create"
  | "update"
  | "delete"
  | "replace"
  | "create-replacement"
  | "delete-replaced"
  | "read"
  | "refresh"
  | "remove-pending-replace";

export type Severity = "debug" | "info" | "info#err" | "warning" | "error";

/** What a step does, as displays and event logs see it. */
export interface StepMetadata {
  readonly op: Op;
  readonly urn: string;
  readonly type: string;
  readonly old: ResourceState | undefined;
  readonly new: ResourceState | undefined;
  /** Properties that force a replacement. */
  readonly keys: readonly string[];
  readonly diffs: readonly string[];
  readonly detailedDiff: { readonly [path: string]: PropertyDiff } | undefined;
  /** False for the two halves of a replacement. */
  readonly logical: boolean;
  readonly provider: string;
}

export type ChangeSummary = { [op in Op]?: number };

export type EngineEvent =
  | { readonly kind: "prelude"; readonly config: { readonly [key: string]: string } }
  | {
      readonly kind: "diagnostic";
      readonly urn: string;
      readonly severity: Severity;
      readonly message: string;
      readonly streamId: number;
      readonly ephemeral: boolean;
    }
  | { readonly kind: "resource-pre"; readonly step: StepMetadata; readonly planning: boolean }
  | { readonly kind: "resource-outputs"; readonly step: StepMetadata; readonly planning: boolean }
  | { readonly kind: "resource-failed"; readonly step: StepMetadata }
  | {
      readonly kind: "summary";
      readonly preview: boolean;
      /** Nanoseconds. */
      readonly duration: bigint;
      readonly changes: ChangeSummary;
      readonly failed: boolean;
    }
  | { readonly kind: "cancel" };

export type EventSink = (event: EngineEvent) => void;
