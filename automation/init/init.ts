import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Settings } from "../../components/settings/settings";
import { CommandError, Exit } from "../terminal/exit";
import { Answers, type Terminal } from "./answers";
import { choose, type Given } from "./choices";
import { languageOf } from "./languages";
import { lookAround, type Surroundings } from "./look-around";
import type { NexusChoice } from "./nexus-choice";
import { noticesOf } from "./notices";
import type { OwnVersions } from "./package-file";
import { packageManagerOf } from "./package-manager";
import { hasPipeline } from "./pipeline-file";
import { type PlannedFile, planFiles, stackFileOf } from "./plan-files";
import { type ProjectPlace, projectPlace } from "./project-place";
import { passwordCommand, settingsIn } from "./stack-files";
import { writeFiles } from "./write-files";

export interface InitWish {
  readonly surroundings: Surroundings;
  readonly given: Given & { readonly folder?: string | undefined };
  /** Undefined where nobody is to be asked. */
  readonly terminal: Terminal | undefined;
  readonly dryRun: boolean;
  readonly versions: OwnVersions;
}

export interface InitResult {
  /** The Pulumi project's folder, from the repository's top. */
  readonly folder: string;
  readonly files: readonly PlannedFile[];
  /** What was seen and isn't taken over, and what a reader of the files should know. */
  readonly notices: readonly string[];
  /** What to type now. */
  readonly next: readonly string[];
}

/** Looks at the repository, asks what that doesn't tell, writes what a Berth project needs and is not there. @throws CommandError */
export async function init({
  surroundings,
  given,
  terminal,
  dryRun,
  versions,
}: InitWish): Promise<InitResult> {
  const found = await lookAround(surroundings);
  const { root, project } = found;
  const place = projectPlace({ root, from: surroundings.folder, given: given.folder, project });
  const isWanted = !hasAll(root, place);
  if (isWanted && found.apps.length === 0) throw withoutDockerfile(root);
  const choices = isWanted
    ? await choose(found, given, new Answers(terminal), versions.berth.slice(1))
    : undefined;
  const files = planFiles({ found, place, choices, versions });
  const settings = settingsOf(place, files);
  const notices = isWanted ? noticesOf(found, place, settings) : [];
  if (!dryRun) writeFiles(files.filter(({ action }) => action !== "unchanged"));
  const isNew = files.some(({ action }) => action !== "unchanged");
  return { folder: place.path, files, notices, next: isNew ? nextSteps(place, files, choices?.nexus) : [] };
}

/** Whether both stacks have settings, and the pipeline is included: nothing else is made of answers. */
function hasAll(root: string, place: ProjectPlace): boolean {
  const ci = join(root, ".gitlab-ci.yml");
  const stacks = ["dev", "prod"].map((stack) => stackFileOf(place, stack));
  return (
    stacks.every((path) => existsSync(path)) && existsSync(ci) && hasPipeline(readFileSync(ci, "utf8"), ci)
  );
}

function withoutDockerfile(root: string): CommandError {
  const language = languageOf(root);
  const why = `There is no Dockerfile in ${root} (nor three folders deep), and Berth builds each app of one. Nothing was written.`;
  const how = language
    ? `This looks like ${language.name} (${language.sign}). To begin with, save this as Dockerfile, try it with docker build, ` +
      `and run this again:\n\n${language.dockerfile}`
    : "Write one that ends with EXPOSE and the port that the app listens on, and CMD with what starts it. Then run this again.";
  return new CommandError(`${why}\n${how}`, Exit.usage);
}

/** Settings that are about to be written, as the program would read them. @throws CommandError where Berth would refuse them */
function settingsOf(place: ProjectPlace, files: readonly PlannedFile[]): Settings[] {
  const stacks = ["dev", "prod"].map((stack) => stackFileOf(place, stack));
  const fresh = files.filter(({ action, path }) => action === "new" && stacks.includes(path));
  return fresh.map(({ name, text }) => settingsIn(name, text, place.name, place.folder));
}

function nextSteps(
  { path, folder }: ProjectPlace,
  files: readonly PlannedFile[],
  nexus: NexusChoice | undefined,
): string[] {
  const { first, lock } = packageManagerOf(folder);
  const hasIgnored = files.some(({ name }) => name === ".gitignore");
  return [
    ...(path === "." ? [] : [`cd ${/\s/.test(path) ? JSON.stringify(path) : path}`]),
    ...(hasIgnored ? [] : ["printf 'node_modules/\\n.ci-cache/\\nberth.env\\n' >> .gitignore"]),
    `${first} # ${lock} belongs into the commit: jobs install from it`,
    "pulumi stack init dev && pulumi stack init prod # with PULUMI_BACKEND_URL and PULUMI_CONFIG_PASSPHRASE set",
    ...(["dev", "prod"] as const).flatMap((stack) => {
      const own = nexus?.[stack];
      return own
        ? [`${passwordCommand(stack)} # that of ${own.username} at ${own.url}, which it asks for`]
        : [];
    }),
    "git add --all && git commit --message 'Deployed by Berth'",
    "npx berth preview dev && npx berth up dev",
  ];
}
