import { resolve } from "node:path";
import { createInterface } from "node:readline/promises";
import { addHistory } from "../backend/history";
import { StackLock } from "../backend/lock";
import type { Handler, Invocation } from "../cli/command";
import type { Flags } from "../cli/flags";
import { DigestDisplay, JsonLinesDisplay } from "../display/digest";
import type { Display, DisplayOptions } from "../display/display";
import { openEventLog } from "../display/event-log";
import { ProgressDisplay } from "../display/progress";
import { RichDiffDisplay } from "../display/rich-diff";
import { Operation, type OperationResult } from "../engine/operation";
import { stackUrn } from "../engine/urn";
import { Bail, CliError, EXIT } from "../errors";
import { parseConfigKey, parseConfigPath } from "../project/config-key";
import { Stack } from "../project/stack";
import { programOf } from "../rpc/local-program";
import { environmentOf } from "./environment";
import { interruptsOfProcess } from "./interrupts";

type Kind = "update" | "refresh" | "destroy";

export const up: Handler = (invocation) => operate("update", invocation);
export const refresh: Handler = (invocation) => operate("refresh", invocation);
export const destroy: Handler = (invocation) => operate("destroy", invocation);

export const preview: Handler = async (invocation) => {
  const stack = openStack(invocation.flags);
  await applyConfig(stack, invocation.flags);
  return finish(await run(stack, "update", true, invocation.flags, true), invocation.flags);
};

async function operate(kind: Kind, { flags, interactive }: Invocation): Promise<number> {
  const previewOnly = flags.bool("preview-only");
  const yes = flags.bool("yes") || process.env["PULUMI_SKIP_CONFIRMATIONS"] === "true";
  if (!interactive && !yes && !previewOnly && !flags.bool("skip-preview")) {
    throw new CliError(
      "--yes or --skip-preview or --preview-only must be passed in to proceed when running in non-interactive mode",
      EXIT.configuration,
    );
  }
  const stack = openStack(flags);
  if (kind === "update") await applyConfig(stack, flags);
  if (previewOnly) return finish(await run(stack, kind, true, flags, true), flags);
  const lock = new StackLock(stack.backend.lockDirectory(stack.name));
  lock.acquire();
  try {
    if (!flags.bool("skip-preview")) {
      const planned = await run(stack, kind, true, flags, false);
      if (planned.failed) return finish(planned, flags);
      if (!yes) await confirm(stack, kind);
    }
    const result = await run(stack, kind, false, flags, true);
    if (kind === "destroy" && !result.failed) afterDestroy(stack, flags);
    return finish(result, flags);
  } finally {
    lock.release();
  }
}

/** From here on, the working directory is the program's: what providers are given may be relative to it. */
function openStack(flags: Flags): Stack {
  const file = flags.string("config-file");
  const configFile = file === undefined ? undefined : resolve(file);
  const { stack } = Stack.open({ stack: flags.string("stack"), configFile });
  const log = flags.string("event-log");
  if (log !== undefined && !log.startsWith("tcp://")) flags.add("event-log", resolve(log));
  process.chdir(programOf(stack.project).directory);
  return stack;
}

async function applyConfig(stack: Stack, flags: Flags): Promise<void> {
  for (const pair of flags.strings("config")) {
    const equals = pair.indexOf("=");
    if (equals < 0)
      throw new CliError(`config value must be in the form [key]=[value], not ${pair}`, EXIT.configuration);
    const text = pair.slice(0, equals);
    const project = stack.name.project;
    const { key, path } = flags.bool("config-path")
      ? parseConfigPath(text, project)
      : { key: parseConfigKey(text, project), path: [] };
    stack.config.set(key, path, pair.slice(equals + 1));
  }
  stack.config.save();
}

async function run(
  stack: Stack,
  kind: Kind,
  previewing: boolean,
  flags: Flags,
  last: boolean,
): Promise<OperationResult> {
  const startTime = seconds();
  const checkpoint = stack.backend.read(stack.name);
  const secrets = await stack.ensureSecrets(checkpoint);
  const displays = openDisplays(stack, kind, previewing, flags, last);
  const operation = new Operation(stack, checkpoint, secrets, optionsOf(kind, previewing, flags), (event) => {
    for (const display of displays) display.show(event);
  });
  const interrupts = interruptsOfProcess();
  let result: OperationResult | undefined;
  try {
    result = await operation.run(interrupts);
    return result;
  } finally {
    interrupts.close();
    for (const display of displays) await display.close();
    if (!previewing) {
      addHistory(stack.backend, stack.name, {
        kind,
        startTime,
        message: flags.string("message") ?? "",
        environment: environmentOf(flags, stack),
        config: Object.fromEntries(stack.config.entries()),
        version: 0,
        result: result && !result.failed ? "succeeded" : "failed",
        endTime: seconds(),
        ...(result ? { resourceChanges: { ...result.changes } } : {}),
      });
    }
  }
}

function optionsOf(kind: Kind, previewing: boolean, flags: Flags) {
  const parallel = flags.int("parallel") ?? Number(process.env["PULUMI_PARALLEL"] ?? 0);
  return {
    kind,
    preview: previewing,
    parallel: Math.max(parallel, 0),
    client: flags.string("client"),
    refresh: flags.bool("refresh"),
    clearPendingCreates: flags.bool("clear-pending-creates"),
  };
}

function openDisplays(stack: Stack, kind: Kind, previewing: boolean, flags: Flags, last: boolean): Display[] {
  const options: DisplayOptions = {
    stack: stack.name.stack,
    kind,
    preview: previewing,
    debug: flags.bool("debug"),
    showSecrets: flags.bool("show-secrets"),
    showSames: flags.bool("show-sames"),
    suppressOutputs: flags.bool("suppress-outputs"),
    suppressProgress: flags.bool("suppress-progress"),
  };
  const print = (text: string) => console.log(text);
  const root = stackUrn(stack.name.stack, stack.name.project);
  const displays: Display[] = [];
  if (flags.bool("json"))
    displays.push(previewing && last ? new DigestDisplay(print) : new JsonLinesDisplay(print));
  else displays.push(new (flags.bool("diff") ? RichDiffDisplay : ProgressDisplay)(options, root, print));
  const log = flags.string("event-log");
  if (log !== undefined) displays.push(openEventLog(log));
  return displays;
}

async function confirm(stack: Stack, kind: Kind): Promise<void> {
  const prompt = createInterface({ input: process.stdin, output: process.stdout });
  const what =
    kind === "update" ? "perform this update" : kind === "refresh" ? "perform this refresh" : "destroy this";
  try {
    const answer = await prompt.question(
      `Do you want to ${what} on ${stack.name.stack}? Type yes to go on: `,
    );
    if (answer.trim().toLowerCase() === "yes") return;
  } finally {
    prompt.close();
  }
  console.error(`confirmation declined, not proceeding with the ${kind}`);
  throw new Bail(EXIT.cancelled);
}

function afterDestroy(stack: Stack, flags: Flags): void {
  const { name, backend } = stack;
  if (flags.bool("remove")) {
    backend.remove(name);
    console.log(
      `The resources in the stack have been deleted, and the stack ${name.stack} itself has been removed.`,
    );
  } else if (!flags.bool("json")) {
    console.log(
      `The resources in the stack have been deleted, but the history and configuration associated with the stack are still maintained. \nIf you want to remove the stack completely, run \`pulumi stack rm ${name.stack}\`.`,
    );
  }
}

function finish(result: OperationResult, flags: Flags): number {
  if (result.cancelled) return EXIT.cancelled;
  if (result.failed) return EXIT.error;
  // Reading a stack reference changes nothing (engine.HasChanges in Pulumi).
  const quiet = ["same", "read", "read-replacement", "discard"];
  const changed = Object.entries(result.changes).some(
    ([op, count]) => !quiet.includes(op) && (count ?? 0) > 0,
  );
  if (!flags.bool("expect-no-changes") || !changed) return 0;
  console.error("error: no changes were expected but changes occurred");
  return EXIT.error;
}

function seconds(): number {
  return Math.floor(Date.now() / 1000);
}
