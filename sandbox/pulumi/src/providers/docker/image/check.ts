import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { CheckRequest, CheckResult, Props } from "../../provider";
import { checkInputs } from "../../schema/check";
import { hasUnknown, isObject, text } from "../../schema/value";
import { contextDigest } from "./digest";
import { IMAGE_FIELDS } from "./fields";

/** The plugin's default on the architectures that both Node and Go know. */
const ARCHITECTURES: { readonly [node: string]: string } = { x64: "amd64", arm64: "arm64" };

/** Fills in context, Dockerfile, platform and the digest of what would be built. */
export async function checkImage(request: CheckRequest): Promise<CheckResult> {
  const checked = checkInputs(IMAGE_FIELDS, request.news, { type: request.type });
  const failures = [...checked.failures, ...checkName(request.type, checked.inputs)];
  const given = checked.inputs["build"] ?? {};
  if (failures.length > 0 || !isObject(given)) return { inputs: checked.inputs, failures };
  const build = withDefaults(given);
  const inputs = { ...checked.inputs, build };
  if (hasUnknown(build["dockerfile"]) || hasUnknown(build["context"])) return { inputs, failures };
  try {
    const digest = await digestOf(text(build["context"]), text(build["dockerfile"]));
    return { inputs: { ...inputs, build: { ...build, contextDigest: digest } }, failures };
  } catch (error) {
    return {
      inputs,
      failures: [{ property: "build", reason: `${request.type}: ${(error as Error).message}` }],
    };
  }
}

function withDefaults(given: Props): Props {
  const context = given["context"] ?? ".";
  const dockerfile =
    given["dockerfile"] ?? (typeof context === "string" ? join(context, "Dockerfile") : context);
  const platform = given["platform"] ?? `linux/${ARCHITECTURES[process.arch] ?? process.arch}`;
  return { ...given, context, dockerfile, platform };
}

async function digestOf(context: string, dockerfile: string): Promise<string> {
  if (!(await exists(dockerfile))) {
    const inside = join(context, dockerfile);
    const hint = (await exists(inside)) ? `. Try setting \`dockerfile\` to ${JSON.stringify(inside)}` : "";
    throw new Error(`could not open dockerfile at relative path ${JSON.stringify(dockerfile)}${hint}`);
  }
  if (!(await exists(context))) throw new Error(`there is no build context ${JSON.stringify(context)}`);
  return contextDigest(context, dockerfile);
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

/** A name to push has to say where: its first part must be a host. */
function checkName(type: string, inputs: Props): CheckResult["failures"] {
  const { imageName: name, registry, skipPush } = inputs;
  const server = isObject(registry) ? registry["server"] : registry;
  if (typeof name !== "string" || skipPush !== false || server !== undefined) return [];
  const [first = "", ...rest] = name.split("/");
  if (rest.length > 0 && (/[.:]/.test(first) || first === "localhost")) return [];
  const reason = `${JSON.stringify(name)}: This resource requires all image names to be fully qualified, such as docker.io/repository/image:tag`;
  return [{ property: "imageName", reason: `${type}: ${reason}` }];
}
