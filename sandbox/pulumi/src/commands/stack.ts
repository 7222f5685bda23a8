import { rmSync } from "node:fs";
import { fullName, parseStackName } from "../backend/file-backend";
import { deleteLocks, StackLock } from "../backend/lock";
import type { Handler, Invocation } from "../cli/command";
import { ago, table } from "../display/table";
import { CliError } from "../errors";
import { findProject, requireProject } from "../project/project";
import { selectedStack, selectStack } from "../project/pulumi-home";
import { openBackend, Stack } from "../project/stack";

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
