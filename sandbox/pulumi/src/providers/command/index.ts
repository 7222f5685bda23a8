import { randomBytes } from "node:crypto";
import type {
  CheckRequest,
  CheckResult,
  CreateRequest,
  DeleteRequest,
  DiffPart,
  DiffRequest,
  DiffResult,
  Props,
  Provider,
  ProviderFactory,
  ReadRequest,
  ResourceState,
  UpdateRequest,
} from "../provider";
import { UNKNOWN } from "../provider";
import { nameOf } from "../schema/auto-name";
import { checkInputs } from "../schema/check";
import { diffValues } from "../schema/diff-values";
import { type Fields, field, oneOf } from "../schema/field";
import { checkProviderConfig, unsupported } from "../schema/unsupported";
import { text } from "../schema/value";
import { type CommandOutput, runCommand } from "./run-command";

const LOCAL_COMMAND = "command:local:Command";

/** `archivePaths` and `assetPaths` are missing: the sandbox has no assets. */
const FIELDS: Fields = {
  create: field("string"),
  update: field("string"),
  delete: field("string"),
  environment: field("map"),
  dir: field("string"),
  interpreter: field("list"),
  stdin: field("string"),
  triggers: field("any"),
  logging: field("string", { accept: oneOf("stdout", "stderr", "stdoutAndStderr", "none") }),
  addPreviousOutputInEnv: field("boolean"),
};

/** Stands in for Pulumi's plugin `command`, of which it has `local.Command`. */
class CommandProvider implements Provider {
  checkConfig(config: Props): CheckResult {
    return checkProviderConfig("command", {}, config);
  }

  async configure(): Promise<void> {}

  async check(request: CheckRequest): Promise<CheckResult> {
    if (request.type !== LOCAL_COMMAND) return unsupported(request.type);
    return checkInputs(FIELDS, request.news, { type: request.type });
  }

  /** Changed triggers replace; any other changed input runs `update`, or `create` where there is none. */
  async diff(request: DiffRequest): Promise<DiffResult> {
    return diffValues(request.oldInputs, request.newInputs, ["triggers"]);
  }

  unsaid(): readonly DiffPart[] {
    return ["replaces"];
  }

  async create(request: CreateRequest): Promise<ResourceState> {
    const id = `${nameOf(request.urn)}${randomBytes(4).toString("hex")}`;
    return { id, outputs: await run(request, request.inputs["create"], { stdout: "", stderr: "" }) };
  }

  async update(request: UpdateRequest): Promise<ResourceState> {
    const command = request.inputs["update"] ?? request.inputs["create"];
    return { id: request.id, outputs: await run(request, command, outputOf(request.oldOutputs)) };
  }

  /** Nothing to look at: a command leaves no trace of its own. */
  async read(request: ReadRequest): Promise<ResourceState & { inputs: Props }> {
    return { id: request.id, inputs: request.inputs, outputs: request.outputs };
  }

  async delete(request: DeleteRequest): Promise<void> {
    const { outputs } = request;
    if (typeof outputs["delete"] === "string") {
      await runCommand(outputs["delete"], definedOf(outputs), outputOf(outputs), request);
    }
  }

  async invoke(token: string): Promise<Props> {
    throw new Error(`${token}: the sandbox does not support functions of the plugin "command"`);
  }

  async close(): Promise<void> {}
}

/** The inputs and the output of the run; without a command the previous output stays. */
async function run(
  request: CreateRequest,
  command: Props[string] | undefined,
  previous: CommandOutput,
): Promise<Props> {
  if (request.preview) return { ...request.inputs, stdout: UNKNOWN, stderr: UNKNOWN };
  if (typeof command !== "string") return { ...request.inputs, ...previous };
  return { ...request.inputs, ...(await runCommand(command, request.inputs, previous, request)) };
}

function outputOf(outputs: Props): CommandOutput {
  return { stdout: text(outputs["stdout"]), stderr: text(outputs["stderr"]) };
}

function definedOf(outputs: Props): Props {
  return Object.fromEntries(Object.entries(outputs).filter(([, value]) => value !== null));
}

export const commandProvider: ProviderFactory = {
  name: "command",
  version: "1.2.1",
  create: () => new CommandProvider(),
};
