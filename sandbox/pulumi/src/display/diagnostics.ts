import type { Severity } from "../engine/events";
import { STACK_TYPE, urnName, urnType } from "../engine/urn";
import { paint, shortType } from "./style";

const PREFIXES: { readonly [severity in Severity]: string } = {
  debug: "debug: ",
  info: "",
  "info#err": "",
  warning: "warning: ",
  error: "error: ",
};

export function prefixOf(severity: Severity): string {
  const prefix = PREFIXES[severity];
  if (severity === "error") return paint("red", prefix);
  return severity === "warning" ? paint("yellow", prefix) : prefix;
}

/** Collects what is said about each resource, for the end of the run. */
export class Diagnostics {
  private readonly texts = new Map<string, string>();
  private readonly counts = new Map<string, { error: number; warning: number }>();

  constructor(private readonly rootUrn: () => string) {}

  add(urn: string, severity: Severity, message: string): void {
    const about = urn || this.rootUrn();
    const text = message.endsWith("\n") ? message : `${message}\n`;
    this.texts.set(about, `${this.texts.get(about) ?? ""}${prefixOf(severity)}${text}`);
    if (severity !== "error" && severity !== "warning") return;
    const counts = this.counts.get(about) ?? { error: 0, warning: 0 };
    counts[severity]++;
    this.counts.set(about, counts);
  }

  /** How many resources have an error. */
  get errored(): number {
    return [...this.counts.values()].filter(({ error }) => error > 0).length;
  }

  /** `1 error`, `2 warnings`. */
  countText(urn: string): string {
    const counts = this.counts.get(urn);
    if (!counts) return "";
    const [count, what] = counts.error > 0 ? [counts.error, "error"] : [counts.warning, "warning"];
    return `${count} ${what}${count === 1 ? "" : "s"}`;
  }

  /** The `Diagnostics:` block, the stack last; empty where there is nothing to say. */
  text(): string {
    const about = [...this.texts.keys()];
    about.sort((a, b) => Number(urnType(a) === STACK_TYPE) - Number(urnType(b) === STACK_TYPE));
    const blocks = about.map((urn) => {
      const lines = this.texts.get(urn)!.replace(/\n$/, "").split("\n");
      const body = lines.map((line) => `    ${line}`).join("\n");
      return `  ${shortType(urnType(urn))} (${urnName(urn)}):\n${body}\n`;
    });
    return blocks.length === 0 ? "" : `Diagnostics:\n${blocks.join("\n")}\n`;
  }
}
