import { z } from "zod";
import { parseReference } from "../registry/reference";
import { checked, flag, listOf, matching, oneOf, text, url, whole } from "./fields";

/** The settings of the GitLab project (`berth:gitlab`); docs/gitlab.md tells what `manage` is for. */

const cron = () => matching(/^\S+( \S+){4}$/, 'five fields of cron like "0 3 * * *"');

const schedules = z.strictObject({
  drift: cron()
    .default("0 3 * * *")
    .describe("When the stacks are compared with the world: five fields of cron."),
  cleanup: cron().default("0 5 * * 0").describe("When the registries are cleaned up: five fields of cron."),
  timezone: text("a timezone like Europe/Berlin").default("UTC").describe("Timezone of both."),
  branch: text("a branch").default("main").describe("The branch that both run for."),
});

const protect = z.strictObject({
  branches: listOf(text("a branch, or a pattern like release/*"), "a list of branches")
    .default([])
    .describe("Branches to protect, by name or by a pattern like `release/*`."),
  tags: listOf(text("a tag, or a pattern like v*"), "a list of tags")
    .default([])
    .describe("Tags to protect, by name or by a pattern like `v*`."),
  environment: z
    .strictObject({
      deploy: oneOf("maintainer", "developer")
        .default("maintainer")
        .describe("The least role that may deploy."),
      approvals: whole(0, "a number of approvals, 0 or more")
        .default(0)
        .describe("Approvals by maintainers before a deployment runs."),
    })
    .optional()
    .describe("Protects the stack's own environment, in each stack as it likes. GitLab Premium."),
});

const manage = z.strictObject({
  variables: flag().default(true).describe("Logins of the stack's Nexus as CI/CD variables."),
  deployToken: flag().default(true).describe("A login that reads the project's images, for Nexus."),
  jobImages: flag()
    .default(false)
    .describe("A login of Nexus for the images that jobs run in. One stack of the project."),
  schedules: schedules
    .optional()
    .describe("Pipeline schedules for drift and cleanup. One stack of the project."),
  protect: protect
    .optional()
    .describe("Protected branches, tags and environment. But for the environment: one stack of the project."),
  environment: z
    .strictObject({
      tier: oneOf("production", "staging", "testing", "development", "other").describe(
        "What kind of environment it is to GitLab.",
      ),
    })
    .optional()
    .describe("The environment itself, where no job makes it."),
});

function isRegistry(given: string): boolean {
  const [, port] = /^(?:[A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\])(?::(\d+))?$/.exec(given) ?? [given, "none"];
  return port === undefined || (Number(port) >= 1 && Number(port) <= 65535);
}

/** `group/name`, as GitLab's API names a project. */
export const projectPath = () =>
  matching(/^(?!.*\.git$)[^/\s]+(\/[^/\s]+)+$/, "a project path like group/name");

export const gitlabSchema = z.strictObject({
  url: url().meta({ description: "Address of GitLab.", examples: ["https://gitlab.example.com"] }),
  registry: checked(
    isRegistry,
    "host:port of the container registry, without https://",
    "^(\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9_.-]+)(:\\d{1,5})?$",
  ).meta({
    description: "GitLab's container registry, as `host` or `host:port`.",
    examples: ["registry.example.com", "gitlab.example.com:5050"],
  }),
  project: projectPath().meta({
    description: "Path of the project whose registry gets the images.",
    examples: ["team/blog"],
  }),
  manage: manage.optional().describe("What Berth keeps in the project; nothing without it."),
});

export type GitlabSettings = z.infer<typeof gitlabSchema>;
export type ManageSettings = z.infer<typeof manage>;

/**
 * The app's repository in the GitLab registry: `registry/group/project/app`. GitLab has paths of projects in lower case there
 * (app/models/container_registry/path.rb), as no image's name may be anything else; its API has them as they are.
 */
export function appRepository(
  { registry, project }: Pick<GitlabSettings, "registry" | "project">,
  app: { readonly name: string },
): string {
  return `${registry}/${project.toLowerCase()}/${app.name}`;
}

/** Why no image can be pushed to the project's registry; undefined where one can. */
export function imageNameProblem({ project }: Pick<GitlabSettings, "project">): string | undefined {
  try {
    parseReference(appRepository({ registry: "registry.invalid", project }, { name: "app" }));
    return undefined;
  } catch {
    return (
      `expected a project whose path an image's name can begin with, got ${JSON.stringify(project)}: letters and digits, with ` +
      "one dot, one or two underscores, or dashes between them. Rename the project in GitLab (its path; its name can stay)"
    );
  }
}

/** The accounts of Nexus whose logins become variables. */
export const LOGIN_ACCOUNTS = ["pusher", "puller"] as const;

/** What GitLab can mask in the log of a job, where the variable is raw (app/models/concerns/ci/maskable.rb). */
const MASKABLE = /^\S{8,}$/;

const EXPECTED_MASKABLE =
  "expected 8 or more characters without spaces, as GitLab can't mask others in job logs (or berth:gitlab.manage.variables: false)";

type Accounts = { readonly [account: string]: { readonly password?: string | undefined } };

/** A password that GitLab would refuse to mask is a mistake in the settings: it never becomes a plain variable. */
export function checkManaged(
  { manage: managed }: GitlabSettings,
  accounts: Accounts,
  problem: (account: string, message: string) => void,
): void {
  if (!managed?.variables) return;
  for (const account of LOGIN_ACCOUNTS) {
    const password = accounts[account]?.password;
    if (password !== undefined && !MASKABLE.test(password)) problem(account, EXPECTED_MASKABLE);
  }
}
