import { readFileSync, rmSync, writeFileSync } from "node:fs";
import type { CheckpointJson, DeploymentJson } from "../backend/checkpoint";
import { fullName, parseStackName } from "../backend/file-backend";
import { deleteLocks, StackLock } from "../backend/lock";
import type { Handler, Invocation } from "../cli/command";
import { ago, table } from "../display/table";
import { CliError } from "../errors";
import { findProject, requireProject } from "../project/project";
import { selectedStack, selectStack } from "../project/pulumi-home";
import { openBackend, Stack } from "../project/stack";
import { outputsAsJson, outputText, stackOutputs } from "./outputs";

/** `pulumi stack init dev` and `--stack dev` mean the same. */
function stackText({ args, flags }: Invocation): string | undefined {
  return args[0] ?? flags.string("stack");
}

export const init: Handler = async (invocation) => {
  const text = stackText(invocation);
  if (!text) throw new CliError("missing stack name");
  requirePassphrase(invocation);
  await create(text);
  if (!invocation.flags.bool("no-select")) remember(text);
  return 0;
};

async function create(text: string): Promise<void> {
  const project = requireProject(process.cwd());
  const backend = openBackend(project);
  const stack = new Stack(project, backend, parseStackName(text, project.name));
  if (backend.exists(stack.name)) throw new CliError(`stack '${stack.fullName}' already exists`);
  const secrets = await stack.ensureSecrets();
  await secrets.prepare();
  const { manifest } = require("../engine/snapshot") as typeof import("../engine/snapshot");
  backend.write(stack.name, {
    version: 3,
    checkpoint: {
      stack: stack.fullName,
      latest: {
        manifest: manifest(),
        secrets_providers: { type: "passphrase", state: { salt: secrets.salt } },
        metadata: {},
      },
    },
  });
  console.error(`Created stack '${stack.name.stack}'`);
}

function requirePassphrase({ flags }: Invocation): void {
  const provider = flags.string("secrets-provider");
  if (provider !== undefined && provider !== "passphrase" && provider !== "default") {
    throw new CliError(`the secrets provider '${provider}' is not supported; only passphrase is`);
  }
}

export const select: Handler = async (invocation) => {
  const text = stackText(invocation);
  if (!text) throw new CliError("no stack was given: `pulumi stack select <stack-name>`");
  const stack = Stack.locate({ stack: text });
  if (invocation.flags.bool("create") && !stack.backend.exists(stack.name)) {
    requirePassphrase(invocation);
    await create(text);
  }
  stack.backend.read(stack.name);
  remember(text);
  return 0;
};

function remember(text: string): void {
  const stack = Stack.locate({ stack: text });
  selectStack(stack.project, stack.backend.url, stack.fullName);
}

export const unselect: Handler = () => {
  const project = requireProject(process.cwd());
  selectStack(project, openBackend(project).url, undefined);
  console.log("Stack was unselected");
  return 0;
};

export const list: Handler = ({ flags }) => {
  const project = findProject(process.cwd());
  const backend = openBackend(project);
  const only = flags.bool("all") ? undefined : (flags.string("project") ?? project?.name);
  const current = project && selectedStack(project, backend.url);
  const rows = backend.list(only).map((name) => {
    const { latest } = backend.read(name).checkpoint;
    const named = name.project === project?.name ? name.stack : fullName(name);
    return {
      name: named,
      current: current === fullName(name),
      ...(latest ? { lastUpdate: new Date(latest.manifest.time).toISOString() } : {}),
      updateInProgress: false,
      resourceCount: latest?.resources?.length ?? 0,
    };
  });
  if (flags.bool("json")) {
    console.log(JSON.stringify(rows, null, 2));
    return 0;
  }
  const cells = rows.map(({ name, current: selected, lastUpdate, resourceCount }) => [
    name + (selected ? "*" : ""),
    lastUpdate ? ago(new Date(lastUpdate)) : "n/a",
    String(resourceCount),
  ]);
  console.log(table([["NAME", "LAST UPDATE", "RESOURCE COUNT"], ...cells]));
  return 0;
};

export const remove: Handler = (invocation) => {
  const { flags } = invocation;
  const { stack, checkpoint } = Stack.open({ stack: stackText(invocation) });
  if (!flags.bool("yes")) throw new CliError("non-interactive mode requires --yes flag");
  const lock = new StackLock(stack.backend.lockDirectory(stack.name));
  lock.acquire();
  try {
    const count = checkpoint.checkpoint.latest?.resources?.length ?? 0;
    if (count > 0 && !flags.bool("force")) {
      throw new CliError(
        `'${stack.name.stack}' still has resources; removal rejected. Possible actions:\n- Make sure that '${stack.name.stack}' is the stack that you want to destroy\n- Run \`pulumi destroy\` to delete the resources, then run \`pulumi stack rm\`\n- Run \`pulumi stack rm --force\` to override this error`,
      );
    }
    stack.backend.remove(stack.name);
  } finally {
    lock.release();
  }
  if (!flags.bool("preserve-config")) rmSync(stack.config.file, { force: true });
  if (selectedStack(stack.project, stack.backend.url) === stack.fullName) {
    selectStack(stack.project, stack.backend.url, undefined);
  }
  console.log(`Stack '${stack.name.stack}' has been removed!`);
  return 0;
};

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

export const cancel: Handler = (invocation) => {
  const { flags, interactive } = invocation;
  const { stack } = Stack.open({ stack: stackText(invocation) });
  if (interactive && !flags.bool("yes")) {
    throw new CliError(
      `this deletes every lock of '${stack.name.stack}', also one that is in use: pass --yes to do so`,
    );
  }
  const count = deleteLocks(stack.backend.lockDirectory(stack.name));
  console.log(
    count > 0
      ? `The currently running update for '${stack.name.stack}' has been canceled!`
      : `There was no lock on '${stack.name.stack}'.`,
  );
  return 0;
};
