import { stringify } from "yaml";
import { BASE_ARGUMENT } from "../../components/settings/app-settings";
import { HUB } from "../../components/settings/nexus/nexus-defaults";
import { LICENCE_URL } from "../../components/settings/nexus/nexus-licence";
import {
  parseSettings,
  SETTING_KEYS,
  type Settings,
  SettingsError,
} from "../../components/settings/settings";
import { readStackConfig } from "../../components/settings/stack-yaml";
import { NAMESPACE } from "../../components/settings/written";
import { writtenSettings } from "../../components/settings/written-settings";
import { objectOf } from "../../components/values/json-object";
import { CommandError } from "../terminal/exit";
import type { Choices } from "./choices";
import type { ChosenNexus } from "./nexus-choice";

/** A stack file that is to be written. */
interface Stack {
  readonly stack: "dev" | "prod";
  /** Docker that runs it. */
  readonly docker: string;
  /** What ports are moved by, as others are taken on that Docker. */
  readonly shift: number;
  readonly choices: Choices;
  readonly places: Places;
}

/** Paths in a stack file, from where they are looked for. */
interface Places {
  /** The repository's top, from the Pulumi project: `.` or `..`. */
  readonly up: string;
  /** The folder with Berth's package, from the stack file. */
  readonly modules: string;
}

/** What the machine of a stack's Docker is to its clients. */
interface Machine {
  readonly address: string;
  readonly isThis: boolean;
}

const MOVED = 1000;
const PORTS = { ui: 8081, releases: 8082, docker: 8083, cache: 8084 };
const FIRST_PUBLISHED = 8080;

/**
 * The text of Pulumi.dev.yaml and Pulumi.prod.yaml: what differs from Berth's defaults, with a reason beside it.
 * @param hasNexus whether a Nexus of somebody's has the usual ports of this machine already
 */
export function stackFiles(
  choices: Choices,
  places: Places,
  hasNexus: boolean,
): Record<Stack["stack"], string> {
  const shift = (docker: string) => (hasNexus && docker.startsWith("unix:") ? MOVED : 0);
  const moved = choices.nexus.dev === undefined ? shift(choices.dev) : 0;
  const dev = { stack: "dev", docker: choices.dev, shift: moved, choices, places } as const;
  const beside = choices.prod === choices.dev ? dev.shift + MOVED : shift(choices.prod);
  const prod = { stack: "prod", docker: choices.prod, shift: beside, choices, places } as const;
  return { dev: textOf(dev), prod: textOf(prod) };
}

/**
 * The settings of a text as the program would read them.
 * @param root the Pulumi project's folder, which paths in it begin at
 * @throws CommandError where Berth would refuse them
 */
export function settingsIn(name: string, text: string, project: string, root: string): Settings {
  const read = readStackConfig(text, project);
  if ("problem" in read) throw new CommandError(`${name} ${read.problem}`);
  const settings = Object.fromEntries(SETTING_KEYS.map((key) => [key, read.config[`${NAMESPACE}:${key}`]]));
  try {
    return parseSettings(withPassword(settings), { written: writtenSettings(text, project), root });
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    throw new CommandError(
      `${name} would hold settings that Berth refuses:\n${error.problems.join("\n")}\n` +
        "Nothing was written. Change what they were made of (Dockerfile, compose file, options), then run this again.",
    );
  }
}

/** The password of a Nexus that is there already comes later, by Pulumi's own command. */
function withPassword({ nexus, ...others }: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const given = objectOf(nexus);
  const isLater = given["url"] !== undefined && given["password"] === undefined;
  return { ...others, nexus: isLater ? { ...given, password: "comes later" } : nexus };
}

function textOf(stack: Stack): string {
  const { choices, docker } = stack;
  const { url, registry, project } = choices.gitlab;
  const machine = machineOf(docker);
  const nexus = choices.nexus[stack.stack];
  const lines = [
    ...headOf(stack),
    "config:",
    "  berth:nexus:",
    ...(nexus ? ownNexusLines(stack, nexus) : nexusLines(stack, machine)).map((line) => `    ${line}`),
    "  berth:gitlab:",
    `    url: ${scalar(url)}`,
    `    registry: ${scalar(registry)}`,
    `    project: ${scalar(project)}`,
    "  berth:servers:",
    "    main:",
    `      docker: ${scalar(docker)}`,
    `      address: ${scalar(machine.address)} # how people reach what runs there`,
    ...(machine.isThis
      ? []
      : [
          "      # tls: { certificates: acme, email: you@example.com } # https for a public name; then publish: 443",
        ]),
    "  berth:apps:",
    ...choices.apps.flatMap((app, index) => appLines(stack, app, index)),
  ];
  return `${lines.join("\n")}\n`;
}

/** Editors with the YAML language server find there what each setting is, and which there are. */
const SCHEMA = "berth/docs/reference/stack.schema.json";

function headOf({ stack, choices, docker, places }: Stack): string[] {
  const what =
    stack === "dev"
      ? "# The stack dev: builds the commit that is checked out and deploys it."
      : "# The stack prod: builds nothing. `berth promote dev prod` deploys here what dev runs, by its digest.";
  const alone =
    "# It runs beside dev, on ports of its own. A machine of its own is better: change docker, hostname and address.";
  return [
    what,
    ...(stack === "prod" && docker === choices.dev ? [alone] : []),
    "# What isn't here has a default; docs/reference/settings.md of Berth has all settings.",
    `# yaml-language-server: $schema=${places.modules}/${SCHEMA}`,
  ];
}

function nexusLines({ stack, docker, shift }: Stack, { address, isThis }: Machine): string[] {
  const ports =
    shift === 0 ? undefined : Object.entries(PORTS).map(([key, port]) => [key, port + shift] as const);
  const moved: Record<string, number> = Object.fromEntries(ports ?? []);
  const repository = (name: string) =>
    moved[name] === undefined ? [] : [`  ${name}: { port: ${moved[name]} }`];
  const withoutCache = [
    "  cache: false # prod keeps no build cache,",
    "  gitlab: false # and pulls nothing from GitLab by itself",
  ];
  const repositories = [
    ...repository("releases"),
    ...repository("docker"),
    ...(stack === "prod" ? withoutCache : repository("cache")),
  ];
  const ui = moved["ui"] ?? PORTS.ui;
  return [
    ...(docker === "unix:///var/run/docker.sock"
      ? []
      : [`docker: ${scalar(docker)} # the Docker that runs Nexus`]),
    `eula: accepted # you accept Sonatype's licence: ${LICENCE_URL}`,
    `hostname: ${scalar(address)} # the name under which CI, builders and servers reach Nexus`,
    ...(isThis && moved["ui"] !== undefined ? [`port: ${ui} # of its page and its API`] : []),
    ...(isThis
      ? []
      : [
          "bind: 0.0.0.0 # all addresses of that machine; one that only your own network reaches is better",
          `tls: { certificates: own, port: ${ui}, redirectFrom: false } # https by an authority of its own; acme for a public name`,
        ]),
    ...(repositories.length > 0 ? ["repositories:", ...repositories] : []),
  ];
}

/** Of a Nexus that is there already: what the pipeline itself needs there, and Docker's hub for base images. */
function ownNexusLines({ stack, choices }: Stack, { url, username }: ChosenNexus): string[] {
  const hasBases = stack === "dev" && choices.apps.some(({ bases }) => Object.keys(bases).length > 0);
  const members = flow(hasBases ? ["releases", "hub"] : ["releases"]);
  return [
    `url: ${scalar(url)} # yours: only what is named here is touched`,
    `username: ${scalar(username)} # of an administrator; its password is a secret:`,
    `# ${passwordCommand(stack)}`,
    "repositories:",
    `  releases: { port: ${PORTS.releases} } # a port that is free there; behind a proxy its address, too`,
    `  docker: { port: ${PORTS.docker}, members: ${members} }`,
    ...(hasBases
      ? [`  hub: { type: proxy, remote: "${HUB}" } # or leave it out, and name yours among the members`]
      : []),
  ];
}

/** What a person types, and is asked for the password by. */
export function passwordCommand(stack: string): string {
  return `pulumi config set --stack ${stack} --secret --path 'berth:nexus.password'`;
}

type App = Choices["apps"][number];

function appLines({ stack, shift, choices, places }: Stack, app: App, index: number): string[] {
  const { name, port, health, volumes, variables } = app;
  const published = app.publish ?? publishedOf(choices.apps, index);
  const lines = [
    ...(stack === "dev"
      ? buildLines(app, places)
      : ["release: none # `berth promote dev prod` writes tag and digest here"]),
    `port: ${port} # where it listens in its container`,
    `publish: ${published + shift} # where the server publishes it`,
    "servers: [main]",
    ...(Object.keys(volumes).length > 0 ? [`volumes: ${flow(volumes)}`] : []),
    ...(health === undefined ? [] : [`health: ${flow({ command: health })} # as the compose file has it`]),
    ...variableLines(stack, name, variables),
  ];
  return [`    ${name}:`, ...lines.map((line) => `      ${line}`)];
}

function buildLines({ context, dockerfile, bases }: App, { up }: Places): string[] {
  const from = [up, context].filter((part) => part !== ".").join("/") || ".";
  const { [BASE_ARGUMENT]: base, ...others } = bases;
  const fields = {
    context: from,
    ...(dockerfile !== "Dockerfile" && { dockerfile }),
    ...(base !== undefined && { base }),
    ...(Object.keys(others).length > 0 && { bases: others }),
  };
  const through = Object.keys(bases).length > 0 ? " # its base images come through Nexus" : "";
  return [`build: ${flow(fields)}${through}`];
}

/** Names alone: what a compose file sets them to may be for one machine, or a secret. */
function variableLines(stack: string, app: string, variables: readonly string[]): string[] {
  const isSecret = (name: string) => /PASSWORD|SECRET|TOKEN|KEY|_URL$|_DSN$/i.test(name);
  const plain = variables.filter((name) => !isSecret(name));
  return [
    ...(plain.length > 0
      ? [`# env: { ${plain.map((name) => `${name}: ""`).join(", ")} } # of the compose file`]
      : []),
    ...variables
      .filter(isSecret)
      .map(
        (name) =>
          `# pulumi config set --stack ${stack} --secret --path 'berth:apps.${app}.secrets.${name}' # the file /run/secrets/${name}`,
      ),
  ];
}

/** 8080 and then what is free behind Nexus's ports. */
function publishedOf(apps: readonly App[], index: number): number {
  const taken = new Set<number>([...Object.values(PORTS), ...apps.flatMap(({ publish }) => publish ?? [])]);
  const free: number[] = [];
  for (let port = FIRST_PUBLISHED; free.length <= index; port++) if (!taken.has(port)) free.push(port);
  return free[apps.slice(0, index).filter(({ publish }) => publish === undefined).length] ?? FIRST_PUBLISHED;
}

function machineOf(docker: string): Machine {
  if (docker.startsWith("unix:") || !URL.canParse(docker)) return { address: "127.0.0.1", isThis: true };
  const { hostname } = new URL(docker);
  return { address: hostname, isThis: /^(localhost|127\..*)$/.test(hostname) };
}

function scalar(value: string): string {
  return stringify(value, { lineWidth: 0 }).trimEnd();
}

function flow(value: object): string {
  return stringify(value, { collectionStyle: "flow", lineWidth: 0 }).trimEnd();
}
