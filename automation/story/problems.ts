import { stripVTControlCharacters } from "node:util";
import type { DiagnosticEvent, EngineEvent } from "@pulumi/pulumi/automation";
import { messageOf } from "../../components/values/error-facts";
import { engineError, withoutRefused } from "../engine/engine-error";
import { type KnownNames, resourceWords } from "../engine/resource-words";
import { CommandError } from "../terminal/exit";

/** What the engine says of every run that fails. */
const VERDICT = /^(update|preview|refresh|destroy|deployment|operation) (failed|canceled|cancelled)$/;

interface Problem {
  readonly severity: "warning" | "error";
  readonly text: string;
  /** Without the name of its resource. */
  readonly body: string;
}

/**
 * The engine's warnings and errors, and warnings of the commands that it ran, each once. They are told when the operation has ended: the
 * error that it ends with, if any, has most of them in it.
 */
export class Problems {
  private readonly found = new Map<string, Problem>();

  constructor(private readonly names: KnownNames) {}

  readonly onEvent = ({ diagnosticEvent }: EngineEvent): void => {
    const problem = diagnosticEvent && problemOf(diagnosticEvent, this.names);
    if (problem) this.found.set(problem.text, problem);
  };

  /** @param failure what the operation has thrown, where people are going to be told of it */
  lines(failure?: unknown): string[] {
    const told = failure === undefined ? "" : messageOf(failure);
    // The error for people has all that stands there.
    if (told.includes("Diagnostics:\n")) return [];
    // One of Berth's own says why; what the engine makes of it says no more.
    const warnings = failure instanceof CommandError;
    const text = failure === undefined ? "" : engineError(failure);
    return [...this.found.values()]
      .filter(({ severity }) => severity === "warning" || !warnings)
      .filter((problem) => !text.includes(firstLine(problem.body)))
      .map(({ severity, text: said }) => `${severity}: ${said}`);
  }
}

function problemOf(
  { severity, message, prefix = "", urn = "" }: DiagnosticEvent,
  names: KnownNames,
): Problem | undefined {
  const text = plain(message);
  const body = withoutRefused(text.replace(/^\s*(warning|error):\s*/i, ""));
  if (body === "" || VERDICT.test(body)) return undefined;
  const isStack = urn === "" || urn.includes("::pulumi:pulumi:Stack::");
  const said = isStack ? body : `${resourceWords(urn, names)}: ${body}`;
  if (severity === "warning" || severity === "error") return { severity, text: said, body };
  // Of a command's own text the engine knows no more than that it was said.
  const warns = severity === "info" && (/^\s*warning:/i.test(text) || /warning/i.test(plain(prefix)));
  return warns ? { severity: "warning", text: said, body } : undefined;
}

/** Without the engine's marks of colour, and without colours. */
export function plain(text: string): string {
  return stripVTControlCharacters(text.replace(/<\{%[^%]*%\}>/g, "")).trim();
}

function firstLine(text: string): string {
  return text.split("\n")[0]!.trim();
}
