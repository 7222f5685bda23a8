import { createHash } from "node:crypto";
import { stringify } from "yaml";
import { stackOwner } from "../../components/base/stack-identity";
import { composeFile } from "../../components/compose/compose-file";
import { namedSecrets } from "../../components/compose/named-secrets";
import { certificateFiles, planNexus } from "../../components/compose/plan-nexus";
import type { MadeNexus } from "../../components/settings/nexus/nexus-settings";
import type { Settings } from "../../components/settings/settings";
import { messageOf } from "../../components/values/error-facts";
import { projectName, shortName } from "../engine/project";
import { CommandError, Exit } from "../terminal/exit";
import { type FolderContent, HEADING } from "./compose-folder";
import { configureProgram } from "./configure-program";
import { givenSecrets } from "./secret-values";
import { COMPOSE_SINCE } from "./start-obstacles";

/** A Node that is looked after for years; any from 20 on does. */
export const NODE_IMAGE = "node:22-slim";

export interface ComposeWish {
  readonly stack: string;
  readonly settings: Settings;
  /** The settings as they are written, encrypted values too. */
  readonly written: Readonly<Record<string, unknown>>;
  readonly nodeImage: string;
}

export interface StackCompose extends Omit<FolderContent, "secrets"> {
  readonly project: string;
  readonly nexus: MadeNexus;
  /** Their values, as far as settings give them. */
  secrets(): Promise<FolderContent["secrets"]>;
  /** What a stack has that the compose file can't. */
  readonly notices: readonly string[];
}

/** The compose file of a stack's Nexus, and what lies beside it. @throws CommandError for a Nexus that the stack doesn't make, and for files that the settings name and that are not right */
export async function stackCompose({
  stack,
  settings,
  written,
  nodeImage,
}: ComposeWish): Promise<StackCompose> {
  const { nexus } = settings;
  if (nexus.url !== undefined)
    throw new CommandError(
      `There is nothing to compose: the stack ${stack} makes no Nexus but uses the one at ${nexus.url} (berth:nexus.url). ` +
        `What it is to have there, \`berth up ${stack}\` sets.`,
      Exit.usage,
    );
  const named = namedSecrets(nexus);
  const project = projectOf(stack, settings);
  try {
    const plan = await planNexus(named);
    const { document, files, secretFiles } = composeFile({
      name: project,
      settings: nexus,
      nodeImage,
      secrets: plan.secrets,
      certificateFiles: certificateFiles(nexus)?.files ?? {},
    });
    return {
      project,
      nexus,
      compose: `${heading(stack)}${textOf(document)}`,
      files: {
        ...files,
        "nexus.json": `${JSON.stringify(plan, null, 1)}\n`,
        "configure.cjs": configureProgram(),
      },
      secrets: async () => ({
        ...Object.fromEntries(named.secrets.map(({ name }) => [name, undefined])),
        ...(await givenSecrets(stack, written, named.secrets)),
        ...secretFiles,
      }),
      notices: noticesOf(settings),
    };
  } catch (error) {
    throw error instanceof CommandError ? error : new CommandError(messageOf(error), Exit.usage);
  }
}

/** Quoted for readers of YAML 1.1 too, to whom `no` and `0:0` are no texts. Compose reads a `$` as the beginning of a variable. */
function textOf(document: object): string {
  const options = { version: "1.1", lineWidth: 0, aliasDuplicateObjects: false } as const;
  return stringify(document, options).replaceAll("$", "$$$$");
}

/** The same in every checkout of a team, and nobody else's on one Docker host. */
function projectOf(stack: string, { gitlab }: Settings): string {
  const name = shortName(stack);
  const whose = [stackOwner(gitlab), projectName(), name].join(" ");
  const hash = createHash("sha256").update(whose).digest("hex").slice(0, 8);
  return `nexus-${name.toLowerCase().replace(/[^a-z0-9_-]/g, "-")}-${hash}`;
}

function heading(stack: string): string {
  return [
    `${HEADING} ${stack}\`: the next one replaces it. Docker Compose ${COMPOSE_SINCE} or newer:`,
    "#   docker compose up --wait   returns once Nexus is configured and its registries serve",
    "#   docker compose down         keeps the data; with --volumes it is lost",
    "",
  ].join("\n");
}

function noticesOf({ nexus, gitlab }: Settings): string[] {
  const proxy = nexus.repositories["gitlab"];
  const hasLogin = proxy?.type === "proxy" && proxy.username !== undefined;
  if (!gitlab.manage?.deployToken || !proxy || hasLogin) return [];
  return [
    "The repository gitlab logs in to GitLab's registry as nobody: the stack makes a deploy token for it, a compose file can't. " +
      "Set berth:nexus.repositories.gitlab.username and .password.",
  ];
}
