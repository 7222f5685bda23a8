import type { EngineEvent } from "../engine/events";

export interface DisplayOptions {
  readonly stack: string;
  readonly kind: "update" | "refresh" | "destroy";
  readonly preview: boolean;
  readonly debug: boolean;
  readonly showSecrets: boolean;
  readonly showSames: boolean;
  readonly suppressOutputs: boolean;
  readonly suppressProgress: boolean;
}

/** Shows a run to somebody. */
export interface Display {
  show(event: EngineEvent): void;
  /** The run is over: whatever it holds back is written. */
  close(): Promise<void>;
}

const TITLES = {
  update: { preview: "Previewing update", run: "Updating" },
  refresh: { preview: "Previewing refresh", run: "Refreshing" },
  destroy: { preview: "Previewing destroy", run: "Destroying" },
} as const;

export function title({ kind, preview, stack }: DisplayOptions): string {
  return `${TITLES[kind][preview ? "preview" : "run"]} (${stack}):`;
}
