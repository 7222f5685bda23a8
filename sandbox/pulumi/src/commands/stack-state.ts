import { readFileSync, writeFileSync } from "node:fs";
import type { CheckpointJson, DeploymentJson } from "../backend/checkpoint";
import { StackLock } from "../backend/lock";
import type { Handler } from "../cli/command";
import { ago, table } from "../display/table";
import { CliError } from "../errors";
import { Stack } from "../project/stack";
import { outputsAsJson, outputText, stackOutputs } from "./outputs";

export const output: Handler = ({ args, flags }) => {
  const { stack, checkpoint } = Stack.open({ stack: flags.string("stack") });
  const outputs = stackOutputs(stack, checkpoint);
  const name = args[0];
  // Asking for one output by its name is asking for its value, secret or not, as in the real CLI.
  const json = outputsAsJson(outputs, flags.bool("show-secrets") || name !== undefined);
  if (name !== undefined) {
    const value = json[name];
    if (value === undefined) throw new CliError(`current stack does not have output property '${name}'`);
    console.log(flags.bool("json") ? JSON.stringify(value, null, 2) : outputText(value));
    return 0;
  }
  if (flags.bool("json")) console.log(JSON.stringify(json, null, 2));
  else console.log(outputTable(json));
  return 0;
};

function outputTable(json: ReturnType<typeof outputsAsJson>): string {
  const rows = Object.entries(json).map(([key, value]) => [key, outputText(value)]);
  if (rows.length === 0) return "Current stack outputs (0):\n    No output values currently in this stack";
  return `Current stack outputs (${rows.length}):\n${table([["OUTPUT", "VALUE"], ...rows], "    ")}`;
}

export const show: Handler = ({ flags }) => {
  const { stack, checkpoint } = Stack.open({ stack: flags.string("stack") });
  if (flags.bool("show-name")) {
    console.log(stack.name.stack);
    return 0;
  }
  const { latest } = checkpoint.checkpoint;
  const resources = latest?.resources ?? [];
  const lines = [`Current stack is ${stack.name.stack}:`, `    Managed by ${stack.backend.user}`];
  if (latest) {
    lines.push(`    Last updated: ${ago(new Date(latest.manifest.time))} (${latest.manifest.time})`);
    lines.push(`    Pulumi version used: ${latest.manifest.version}`);
  }
  lines.push(`Current stack resources (${resources.length}):`);
  const rows = resources.flatMap(({ type, urn, id }) => [
    [type, urn.split("::").pop() ?? ""],
    ...(flags.bool("show-urns") ? [["", `URN: ${urn}`]] : []),
    ...(flags.bool("show-ids") && id ? [["", `ID: ${String(id)}`]] : []),
  ]);
  if (rows.length === 0) lines.push("    No resources currently in this stack");
  else lines.push(table([["TYPE", "NAME"], ...rows], "    "));
  const outputs = outputsAsJson(stackOutputs(stack, checkpoint), flags.bool("show-secrets"));
  if (Object.keys(outputs).length > 0) lines.push("", outputTable(outputs));
  console.log(
    `${lines.join("\n")}\n\nUse \`pulumi stack select\` to change stack; \`pulumi stack ls\` lists known ones`,
  );
  return 0;
};

export const exportState: Handler = ({ flags }) => {
  const { stack, checkpoint } = Stack.open({ stack: flags.string("stack") });
  const { latest } = checkpoint.checkpoint;
  let deployment: DeploymentJson | undefined = latest;
  if (latest && flags.bool("show-secrets")) {
    const { Snapshot } = require("../engine/snapshot") as typeof import("../engine/snapshot");
    const secrets = stack.secrets(checkpoint);
    const plain = Snapshot.read(latest, secrets, secrets.salt).json("plain");
    deployment = { ...plain, manifest: latest.manifest };
    // As from the real CLI: interrupted operations of any kind are part of an export.
    if (latest.pending_operations)
      deployment.pending_operations = plain.pending_operations ?? latest.pending_operations;
  }
  const { metadata, ...rest } = deployment ?? { manifest: { time: "", magic: "", version: "" } };
  const text = JSON.stringify({ version: 3, deployment: { ...rest, metadata: metadata ?? {} } }, null, 4);
  const file = flags.string("file");
  // With plain secrets inside, the file is nobody else's business.
  if (file !== undefined) writeFileSync(file, `${text}\n`, { mode: 0o600 });
  else console.log(text);
  return 0;
};

export const importState: Handler = async ({ flags }) => {
  const { stack, checkpoint } = Stack.open({ stack: flags.string("stack") });
  const deployment = parseImport(readFileSync(flags.string("file") ?? 0, "utf8"));
  const prefix = `urn:pulumi:${stack.name.stack}::${stack.name.project}::`;
  const foreign = (deployment.resources ?? []).find(({ urn }) => !urn.startsWith(prefix));
  if (foreign && !flags.bool("force")) {
    throw new CliError(
      `resource '${foreign.urn}' does not belong to the stack '${stack.name.stack}'; --force imports it anyway`,
    );
  }
  const lock = new StackLock(stack.backend.lockDirectory(stack.name));
  lock.acquire();
  try {
    stack.backend.write(stack.name, await encrypted(stack, checkpoint, deployment));
  } finally {
    lock.release();
  }
  console.log("Import complete.");
  return 0;
};

function parseImport(text: string): DeploymentJson {
  let parsed: { version?: number; deployment?: DeploymentJson };
  try {
    parsed = JSON.parse(text) as typeof parsed;
  } catch (error) {
    throw new CliError(`could not deserialize deployment: ${(error as Error).message}`);
  }
  if (parsed.version !== 3 || !parsed.deployment) {
    throw new CliError("could not deserialize deployment: only exports of version 3 are supported");
  }
  return parsed.deployment;
}

/** What comes in may hold plain secrets, or ciphertext of this stack or of another salt with the same passphrase. */
async function encrypted(
  stack: Stack,
  checkpoint: CheckpointJson,
  deployment: DeploymentJson,
): Promise<CheckpointJson> {
  const { Snapshot } = require("../engine/snapshot") as typeof import("../engine/snapshot");
  const { PassphraseSecrets } = require("../secrets/passphrase") as typeof import("../secrets/passphrase");
  const secrets = await stack.ensureSecrets(checkpoint);
  const salt = deployment.secrets_providers?.state?.salt;
  const source = salt && salt !== secrets.salt ? new PassphraseSecrets(salt) : secrets;
  const snapshot = Snapshot.read(deployment, source, secrets.salt);
  return {
    version: 3,
    checkpoint: { stack: stack.fullName, latest: snapshot.encryptedBy(secrets) },
  };
}

export const history: Handler = ({ flags }) => {
  const { showHistory } = require("./history") as typeof import("./history");
  const { stack } = Stack.open({ stack: flags.string("stack") });
  return showHistory(stack, flags);
};
