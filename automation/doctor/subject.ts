import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { nexusUrl, speaksTls } from "../../components/settings/nexus/nexus-addresses";
import { withNexusDefaults } from "../../components/settings/nexus/nexus-defaults";
import { nexusSchemaOf } from "../../components/settings/nexus/nexus-settings";
import { parts, type Settings, tooOld } from "../../components/settings/settings";
import { messageOf } from "../../components/values/error-facts";
import { objectOf } from "../../components/values/json-object";
import { ownUpdate } from "../../components/values/own-place";
import { isNoStack } from "../engine/engine-error";
import { plainOutputs } from "../engine/outputs";
import { findProject, readProject } from "../engine/project";
import { mustBelong, StackState } from "../engine/stack-state";
import { StackFile, stacksOf } from "../stack-file/stack-file";
import { knownSecrets } from "../terminal/known-secrets";
import { ask } from "./ask-program";
import { type Finding, fail, ok, warn } from "./finding";

export interface Login {
  readonly username: string;
  readonly password: string;
}

/** What the program gives out, as far as it says where and as whom to look. Passwords are never to be printed. */
export interface Outputs {
  readonly nexusCa?: string;
  readonly accounts?: { readonly [account: string]: Login };
}

/** The settings' parts that can be read, each for itself: a mistake in one hides no other. */
export type KnownSettings = Partial<Pick<Settings, "nexus" | "gitlab" | "servers" | "apps">>;

/** What is looked at: a stack as far as there is one. */
export interface Subject {
  readonly stack: string;
  /** Folder of the project; undefined outside of one. */
  readonly root: string | undefined;
  readonly file: StackFile | undefined;
  readonly settings: KnownSettings;
  /** What is to be said of the settings. */
  readonly finding: Finding;
  /** Asked of the engine once, when first asked for; empty for a stack that was never updated. @throws where it can't be told, or is another project's */
  readonly state: () => Promise<StackState>;
  readonly outputs: () => Promise<Outputs>;
}

const INIT = "berth init";

/** The check of what the stack file says. */
export const SETTINGS = "settings";

/** @param stack as it was asked for; @param given whether somebody named it, and so means that there is one */
export async function subjectOf(stack: string, given: boolean): Promise<Subject> {
  const root = findProject();
  const subject = (file: StackFile | undefined, settings: KnownSettings, finding: Finding): Subject => {
    return { stack, root, file, settings, finding, ...asking(stack, settings) };
  };
  if (root === undefined) {
    const text = "this is no Pulumi project: only what this machine has is looked at";
    return subject(undefined, {}, warn(SETTINGS, text, await wayIn(process.cwd())));
  }
  process.chdir(root); // paths in settings are relative to it
  let file: StackFile | undefined;
  try {
    file = new StackFile(stack, root);
    await file.askEngine();
    return subject(file, file.settings(), ok(SETTINGS, `${file.path} is valid`));
  } catch (error) {
    const say = file === undefined && !given ? warn : fail;
    const advice = file === undefined ? withoutStack(root) : correction(file);
    return subject(file, partsOf(file), say(SETTINGS, messageOf(error).trim(), advice));
  }
}

/** To a project that is one folder below, as `berth init` makes it; else to a new one, which takes a repository. */
async function wayIn(folder: string): Promise<string> {
  const below = foldersIn(folder).find((name) => existsSync(join(folder, name, "Pulumi.yaml")));
  if (below !== undefined) return `cd ${below}`;
  const { code } = await ask("git", ["rev-parse", "--show-toplevel"], folder);
  return `${code === 0 ? "" : "git init && "}${INIT} # in your app's folder, to begin; else cd to its project`;
}

/** None of one that this user may not list. */
function foldersIn(folder: string): string[] {
  try {
    const all = readdirSync(folder, { withFileTypes: true });
    return all.filter((one) => one.isDirectory()).map(({ name }) => name);
  } catch {
    return [];
  }
}

/** What helps where a stack isn't there: one that is, or the first. */
function withoutStack(root: string): string {
  const [known] = stacksOf(readProject(root));
  return known === undefined ? INIT : `berth doctor ${known}`;
}

/** A file with mistakes is for its author; one for a newer Berth takes that. */
function correction(file: StackFile): string {
  const minimum = minimumOf(file);
  return tooOld(minimum) === undefined ? `"\${EDITOR:-vi}" ${file.path}` : ownUpdate(String(minimum));
}

function minimumOf(file: StackFile): unknown {
  try {
    return file.raw()["minimumVersion"];
  } catch {
    return undefined; // no YAML
  }
}

/** Of a file with mistakes in it; none of one that is no YAML. */
function partsOf(file: StackFile | undefined): KnownSettings {
  try {
    return file === undefined ? {} : readableParts(file.raw());
  } catch {
    return {};
  }
}

/** Once each, whoever asks first. Another project's state is nobody's here. */
function asking(stack: string, { gitlab }: KnownSettings): Pick<Subject, "state" | "outputs"> {
  const read = async () => {
    const known = await StackState.read(stack).catch((error: unknown) => {
      if (isNoStack(error)) return new StackState(undefined);
      throw error;
    });
    if (gitlab) mustBelong(stack, known, gitlab);
    return known;
  };
  let state: Promise<StackState> | undefined;
  let outputs: Promise<Outputs> | undefined;
  const known = () => {
    state ??= read();
    return state;
  };
  const told = async () =>
    (await known()).resources.length === 0 ? {} : kept(await plainOutputs<Outputs>(stack));
  return {
    state: known,
    outputs: () => {
      outputs ??= told();
      return outputs;
    },
  };
}

function kept(outputs: Outputs): Outputs {
  for (const { password } of Object.values(outputs.accounts ?? {})) knownSecrets.keepSent(password);
  return outputs;
}

/** Apps have too much to do with the rest to be read without it. */
export function readableParts(raw: Readonly<Record<string, unknown>>): KnownSettings {
  const wish = withNexusDefaults(raw["nexus"], objectOf(raw["gitlab"])["registry"]);
  const nexus = nexusSchemaOf(wish).safeParse(wish).data;
  const gitlab = parts.gitlab.safeParse(raw["gitlab"]).data;
  const servers = parts.servers.safeParse(raw["servers"]).data;
  return {
    ...(nexus && { nexus }),
    ...(gitlab && { gitlab }),
    ...(servers && { servers: Object.entries(servers).map(([name, server]) => ({ ...server, name })) }),
  };
}

/** Where Nexus answers, and its authority as far as that is known. */
export async function nexusPlace({ settings: { nexus }, outputs }: Pick<Subject, "settings" | "outputs">) {
  if (nexus === undefined) return undefined;
  const url = nexusUrl(nexus);
  if (!speaksTls(nexus)) return { url, ca: undefined };
  if (nexus.url !== undefined) return { url, ca: nexus.ca && readFileSync(nexus.ca, "utf8") };
  const { nexusCa } = await outputs().catch((): Outputs => ({}));
  return { url, ca: nexusCa };
}

/** Whether there is a Nexus to look at: one that Berth makes is there after the first update. */
export async function hasNexus({
  settings: { nexus },
  state,
}: Pick<Subject, "settings" | "state">): Promise<boolean> {
  if (nexus === undefined) return false;
  if (nexus.url !== undefined) return true;
  const known = await state().catch(() => undefined);
  return known === undefined || known.resources.length > 0;
}
