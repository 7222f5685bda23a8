import type { Command } from "./command";
import type { FlagSpec } from "./flags";
import { DESTROY_FLAGS, PREVIEW_FLAGS, REFRESH_FLAGS, UP_FLAGS } from "./operation-flags";

const STACK: FlagSpec = { name: "stack", short: "s", type: "string" };
const JSON_OUTPUT: FlagSpec = { name: "json", short: "j", type: "bool" };
const YES: FlagSpec = { name: "yes", short: "y", type: "bool" };
const SHOW_SECRETS: FlagSpec = { name: "show-secrets", type: "bool" };
const CONFIG_FILE: FlagSpec = { name: "config-file", type: "string" };
const PATH: FlagSpec = { name: "path", type: "bool" };

// Loaded on demand, and by `require`: tsx resolves that without file extensions.
const operations = () => require("../commands/operation") as typeof import("../commands/operation");
const stacks = () => require("../commands/stack") as typeof import("../commands/stack");
const stackState = () => require("../commands/stack-state") as typeof import("../commands/stack-state");
const config = () => require("../commands/config") as typeof import("../commands/config");
const login = () => require("../commands/login") as typeof import("../commands/login");
const version = () => require("../commands/version") as typeof import("../commands/version");
const plugin = () => require("../commands/plugin") as typeof import("../commands/plugin");

/** Everything that this pulumi can do. */
export const COMMANDS: readonly Command[] = [
  {
    path: "up",
    aliases: ["update"],
    summary: "Create or update the resources in a stack",
    maxArgs: 0,
    flags: UP_FLAGS,
    load: () => operations().up,
  },
  {
    path: "preview",
    aliases: ["pre"],
    summary: "Show a preview of updates to a stack's resources",
    maxArgs: 0,
    flags: PREVIEW_FLAGS,
    load: () => operations().preview,
  },
  {
    path: "refresh",
    summary: "Refresh the resources in a stack",
    maxArgs: 0,
    flags: REFRESH_FLAGS,
    load: () => operations().refresh,
  },
  {
    path: "destroy",
    aliases: ["down", "dn"],
    summary: "Destroy all existing resources in the stack",
    maxArgs: 0,
    flags: DESTROY_FLAGS,
    load: () => operations().destroy,
  },
  {
    path: "cancel",
    summary: "Cancel a stack's currently running update, if any",
    usage: "[<stack-name>]",
    maxArgs: 1,
    flags: [STACK, YES],
    load: () => stacks().cancel,
  },
  {
    path: "stack",
    summary: "Manage stacks and view stack state",
    maxArgs: 0,
    flags: [
      STACK,
      SHOW_SECRETS,
      { name: "show-ids", short: "i", type: "bool" },
      { name: "show-urns", short: "u", type: "bool" },
      { name: "show-name", type: "bool" },
    ],
    load: () => stackState().show,
  },
  {
    path: "stack init",
    summary: "Create an empty stack with the given name, ready for updates",
    usage: "[<stack-name>]",
    maxArgs: 1,
    flags: [
      STACK,
      { name: "no-select", type: "bool" },
      { name: "secrets-provider", type: "string" },
      { name: "copy-config-from", type: "string", unsupported: true },
      { name: "teams", type: "strings", unsupported: true },
      { name: "remote-config", type: "bool", unsupported: true },
    ],
    load: () => stacks().init,
  },
  {
    path: "stack select",
    summary: "Switch the current workspace to the given stack",
    usage: "[<stack-name>]",
    maxArgs: 1,
    flags: [
      STACK,
      { name: "create", short: "c", type: "bool" },
      { name: "secrets-provider", type: "string" },
    ],
    load: () => stacks().select,
  },
  {
    path: "stack unselect",
    summary: "Reset the stack selection of the current workspace",
    maxArgs: 0,
    flags: [],
    load: () => stacks().unselect,
  },
  {
    path: "stack ls",
    aliases: ["stack list"],
    summary: "List stacks",
    maxArgs: 0,
    flags: [
      JSON_OUTPUT,
      { name: "all", short: "a", type: "bool" },
      { name: "project", short: "p", type: "string" },
      { name: "organization", short: "o", type: "string", unsupported: true },
      { name: "tag", short: "t", type: "string", unsupported: true },
    ],
    load: () => stacks().list,
  },
  {
    path: "stack rm",
    aliases: ["stack remove"],
    summary: "Remove a stack and its configuration",
    usage: "[<stack-name>]",
    maxArgs: 1,
    flags: [
      STACK,
      YES,
      { name: "force", short: "f", type: "bool" },
      { name: "preserve-config", type: "bool" },
      { name: "remove-backups", type: "bool" },
    ],
    load: () => stacks().remove,
  },
  {
    path: "stack output",
    summary: "Show a stack's output properties",
    usage: "[property-name]",
    maxArgs: 1,
    flags: [STACK, JSON_OUTPUT, SHOW_SECRETS, { name: "shell", type: "bool", unsupported: true }],
    load: () => stackState().output,
  },
  {
    path: "stack export",
    summary: "Export a stack's deployment to standard out",
    maxArgs: 0,
    flags: [
      STACK,
      SHOW_SECRETS,
      { name: "file", type: "string" },
      { name: "version", type: "string", unsupported: true },
    ],
    load: () => stackState().exportState,
  },
  {
    path: "stack import",
    summary: "Import a deployment from standard in into an existing stack",
    maxArgs: 0,
    flags: [STACK, { name: "file", type: "string" }, { name: "force", short: "f", type: "bool" }],
    load: () => stackState().importState,
  },
  {
    path: "stack history",
    aliases: ["stack hist", "history"],
    summary: "Display history for a stack",
    maxArgs: 0,
    flags: [
      STACK,
      JSON_OUTPUT,
      SHOW_SECRETS,
      { name: "page-size", type: "int" },
      { name: "page", type: "int" },
      { name: "full-dates", type: "bool" },
    ],
    load: () => stackState().history,
  },
  {
    path: "config",
    summary: "List a stack's configuration",
    maxArgs: 0,
    flags: [STACK, CONFIG_FILE, JSON_OUTPUT, SHOW_SECRETS, { name: "open", type: "bool" }],
    load: () => config().listConfig,
  },
  {
    path: "config get",
    summary: "Get a single configuration value",
    usage: "<key>",
    minArgs: 1,
    maxArgs: 1,
    flags: [STACK, CONFIG_FILE, JSON_OUTPUT, PATH, { name: "open", type: "bool" }],
    load: () => config().getConfig,
  },
  {
    path: "config set",
    summary: "Set configuration value",
    usage: "<key> [value]",
    minArgs: 1,
    maxArgs: 2,
    flags: [
      STACK,
      CONFIG_FILE,
      PATH,
      { name: "secret", type: "bool" },
      { name: "plaintext", type: "bool" },
      { name: "type", type: "string", unsupported: true },
    ],
    load: () => config().setConfig,
  },
  {
    path: "config set-all",
    summary: "Set multiple configuration values",
    usage: "--plaintext key1=value1 --secret key2=value2",
    maxArgs: 0,
    flags: [
      STACK,
      CONFIG_FILE,
      PATH,
      { name: "json", type: "string" },
      { name: "secret", type: "strings" },
      { name: "plaintext", type: "strings" },
    ],
    load: () => config().setAllConfig,
  },
  {
    path: "config rm",
    aliases: ["config remove"],
    summary: "Remove configuration value",
    usage: "<key>",
    minArgs: 1,
    maxArgs: 1,
    flags: [STACK, CONFIG_FILE, PATH],
    load: () => config().removeConfig,
  },
  {
    path: "config rm-all",
    summary: "Remove multiple configuration values",
    usage: "<key1> <key2> …",
    minArgs: 1,
    maxArgs: Number.POSITIVE_INFINITY,
    flags: [STACK, CONFIG_FILE, PATH],
    load: () => config().removeAllConfig,
  },
  {
    path: "login",
    summary: "Log in to a state backend: a file:// URL or --local",
    usage: "[<url>]",
    maxArgs: 1,
    flags: [
      { name: "local", short: "l", type: "bool" },
      { name: "cloud-url", short: "c", type: "string" },
    ],
    load: () => login().login,
  },
  {
    path: "logout",
    summary: "Log out of the current state backend",
    maxArgs: 0,
    flags: [],
    load: () => login().logout,
  },
  {
    path: "whoami",
    summary: "Display the current logged-in user",
    maxArgs: 0,
    flags: [JSON_OUTPUT],
    load: () => login().whoami,
  },
  {
    path: "plugin ls",
    aliases: ["plugin list"],
    summary: "List plugins",
    maxArgs: 0,
    flags: [JSON_OUTPUT, { name: "project", short: "p", type: "bool" }],
    load: () => plugin().listPlugins,
  },
  {
    path: "plugin install",
    summary: "Check that a plugin is one of the built-in ones",
    usage: "[KIND [NAME [VERSION]]]",
    maxArgs: 3,
    flags: [
      { name: "server", type: "string" },
      { name: "exact", type: "bool" },
      { name: "reinstall", type: "bool" },
      { name: "file", short: "f", type: "string", unsupported: true },
      { name: "checksum", type: "string", unsupported: true },
    ],
    load: () => plugin().installPlugin,
  },
  {
    path: "version",
    summary: "Print the version whose behaviour this engine follows",
    maxArgs: 0,
    flags: [],
    load: () => version().version,
  },
];
