import type { Handler } from "../cli/command";
import { CliError } from "../errors";
import { loadProvider, providerNames } from "../providers/table";

/** Served by the engine itself or by the SDK, as in the real CLI. */
const ALWAYS = ["nodejs", "pulumi-nodejs"];

export const listPlugins: Handler = ({ flags }) => {
  const plugins = providerNames().map((name) => ({
    name,
    kind: "resource",
    version: loadProvider(name)?.version ?? "",
  }));
  if (flags.bool("json")) {
    console.log(JSON.stringify(plugins, null, 2));
  } else {
    console.log("NAME     KIND      VERSION");
    for (const { name, kind, version } of plugins)
      console.log(`${name.padEnd(8)} ${kind.padEnd(9)} ${version}`);
    console.log("\nThese are built into the sandbox's Pulumi engine.");
  }
  return 0;
};

export const installPlugin: Handler = ({ args }) => {
  const [kind, name, version] = args;
  if (name === undefined || kind === undefined) {
    console.log("The sandbox's Pulumi engine has its plugins built in: there is nothing to install.");
    return 0;
  }
  if (!ALWAYS.includes(name) && (kind !== "resource" || !providerNames().includes(name))) {
    throw new CliError(
      `the ${kind} plugin '${name}' is not available: the sandbox's Pulumi engine has only its built-in ones (${providerNames().join(", ")}) and installs nothing`,
    );
  }
  console.log(
    `The ${kind} plugin ${name}${version ? ` ${version}` : ""} is built into the sandbox's Pulumi engine.`,
  );
  return 0;
};
