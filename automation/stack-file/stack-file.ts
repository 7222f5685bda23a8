import { existsSync, readdirSync, readFileSync } from "node:fs";
import { withDigests } from "../../components/image/resolve-images";
import { isFreeText } from "../../components/settings/checks";
import { type PulumiProject, stackFilePath } from "../../components/settings/pulumi-project";
import {
  isSecretField,
  parseSettings,
  type Release,
  SETTING_KEYS,
  type Settings,
  SettingsError,
  TooOldError,
} from "../../components/settings/settings";
import { readStackConfig } from "../../components/settings/stack-yaml";
import { NAMESPACE, type Written } from "../../components/settings/written";
import { writtenSettings } from "../../components/settings/written-settings";
import { engineConfig } from "../engine/engine-config";
import { checkStackName, projectRoot, readProject } from "../engine/project";
import { CommandError, Exit } from "../terminal/exit";
import { merged, without } from "./beyond-file";
import { withEngineKeys } from "./engine-keys";
import { withPin } from "./pin";
import { replaceText } from "./replace-text";

/** A release that an app isn't pinned to yet; without one, a pin that is to be taken out. */
export interface PlannedPin {
  readonly app: string;
  readonly release: Release | undefined;
}

type Config = Record<string, unknown>;

/** The settings file of a stack, `Pulumi.<stack>.yaml`, edited with its comments kept. */
export class StackFile {
  readonly path: string;
  /** Where they are set, everything is read as if the file had these pins; nothing is written. */
  planned: readonly PlannedPin[] = [];
  /** Digests of images of others, by the apps that run them: read as if the file had them. */
  digests: Readonly<Record<string, string>> = {};
  private readonly project: PulumiProject;
  /** What the engine knows beside the file: settings of Pulumi.yaml and of environments. */
  private beyond: Config = {};
  /** Keys of it that hold something secret. */
  private secretKeys: readonly string[] = [];

  /** For what has no engine to ask. @throws CommandError (exit 2) where there is no such stack */
  constructor(
    private readonly stack: string,
    private readonly root = projectRoot(),
  ) {
    checkStackName(stack);
    this.project = readProject(root);
    this.path = stackFilePath(this.project, stack);
    if (this.exists || this.project.hasConfig) return;
    const known = stacksOf(this.project).join(", ") || "none yet, `berth init` writes them";
    throw new CommandError(
      `There is no stack "${stack}": no file ${this.path}. Stacks here: ${known}.`,
      Exit.usage,
    );
  }

  /** The file, and what the engine adds to it, where it adds anything. The stack has to be there then. */
  static async open(stack: string, root = projectRoot()): Promise<StackFile> {
    const file = new StackFile(stack, root);
    await file.askEngine();
    return file;
  }

  /** Not where all of the settings are in Pulumi.yaml. */
  get exists(): boolean {
    return existsSync(this.path);
  }

  /** Whether the file is a part of the settings only. */
  get needsEngine(): boolean {
    return this.project.hasConfig || this.read().hasEnvironment;
  }

  /** Reads what the file doesn't have. Only the engine knows how it comes together. */
  async askEngine(): Promise<void> {
    if (!this.needsEngine) return;
    const { config, secretKeys } = await engineConfig(this.stack);
    this.beyond = without(config, this.config());
    this.secretKeys = secretKeys;
  }

  /** The settings, checked. Encrypted values count as given; only the engine can read them. */
  settings(): Settings {
    return this.parse(undefined);
  }

  /** The same, with the files and folders that they name looked for: before the program runs. */
  settingsToApply(): Settings {
    return this.parse(this.root);
  }

  /**
   * Pins the app to a release, or unpins it. Only the lines of the pin change: the rest is somebody's own hand.
   * @returns puts the file back as it was, unless somebody has changed it since; says whether it did
   */
  pin(app: string, release: Release | undefined): () => boolean {
    return this.pinAll([{ app, release }]);
  }

  /** Several pins at once, as `pin` does one. */
  pinAll(pins: readonly PlannedPin[]): () => boolean {
    const before = this.text();
    const text = this.pinned(before, pins);
    this.planned = [];
    if (text !== before) replaceText(this.path, text);
    return () => {
      const isOurs = this.text() === text;
      if (isOurs && text !== before) replaceText(this.path, before);
      return isOurs;
    };
  }

  /** @throws CommandError (exit 2) where its settings are somewhere else, so that no pin can be written */
  mustHold(app: string): void {
    if (!this.needsEngine) return; // then there is no other place
    const { apps } = this.ownConfig() as { apps?: Config };
    if (typeof apps === "object" && apps !== null && app in apps) return;
    throw new CommandError(
      `The settings of ${app} are not in ${this.path} but in ${this.placesBeyond()}, so that no release can be pinned or unpinned ` +
        `there. Move berth:apps into the file, or write the release where it is.`,
      Exit.usage,
    );
  }

  /**
   * Runs what may let the engine write into the file, which adds a salt at a stack's first use. Where it prints all of the file anew,
   * 1.10 as 1.1 and aliases written out, only what it added stays.
   */
  async keepingText<T>(run: () => Promise<T>): Promise<T> {
    const before = this.text();
    try {
      return await run();
    } finally {
      const text = withEngineKeys(before, this.text(), this.project.name);
      if (text !== undefined) replaceText(this.path, text);
    }
  }

  /** What it says in its own words. */
  words(): Written {
    return writtenSettings(this.plannedText(), this.project.name, (key) => this.secretKeys.includes(key));
  }

  /** The settings as they are written, without checks and defaults; a text stands in for an encrypted value. */
  raw(): Config {
    const config = this.shapes();
    return Object.fromEntries(SETTING_KEYS.map((key) => [key, config[`${NAMESPACE}:${key}`]]));
  }

  /** The same, of the file alone. */
  own(): Config {
    return withoutSecure(this.ownConfig()) as Config;
  }

  /** All that is configured, with their namespaces; a text stands in for an encrypted value. */
  shapes(): Config {
    const own = withoutSecure(this.config()) as Config;
    return Object.keys(this.beyond).length === 0 ? own : merged(this.withoutSecrets(this.beyond), own);
  }

  /** The settings as they are written, encrypted values too. */
  written(): Config {
    return merged(this.beyond, this.config());
  }

  private parse(root: string | undefined): Settings {
    const stray = Object.keys(this.written()).filter(
      (key) =>
        key.startsWith(`${NAMESPACE}:`) && !SETTING_KEYS.some((known) => key === `${NAMESPACE}:${known}`),
    );
    const problems = stray.map((key) => `${key}: no such setting`);
    try {
      const settings = parseSettings(this.raw(), { written: this.words(), root });
      if (problems.length === 0) return { ...settings, apps: withDigests(settings.apps, this.digests) };
    } catch (error) {
      if (!(error instanceof SettingsError)) throw error;
      if (error instanceof TooOldError) problems.length = 0;
      problems.unshift(...error.problems);
    }
    throw new CommandError(`${this.path}:\n${problems.join("\n")}`, Exit.usage);
  }

  private text(): string {
    return this.exists ? readFileSync(this.path, "utf8") : "";
  }

  private plannedText(): string {
    return this.pinned(this.text(), this.planned);
  }

  private pinned(text: string, pins: readonly PlannedPin[]): string {
    return pins.reduce((so, { app, release }) => {
      this.mustHold(app);
      return withPin(so, app, release, this.project.name);
    }, text);
  }

  private config(): Config {
    return this.read(this.plannedText()).config;
  }

  /** The settings of the file alone, by their names. */
  private ownConfig(): Config {
    const { config } = this.read();
    return Object.fromEntries(SETTING_KEYS.map((key) => [key, config[`${NAMESPACE}:${key}`]]));
  }

  private read(text = this.text()) {
    const read = readStackConfig(text, this.project.name);
    if ("problem" in read) throw new CommandError(`${this.path} ${read.problem}`, Exit.usage);
    return read;
  }

  /** The engine hands them out in plain text, and doesn't say which they are: those that are where secrets belong, or may be. */
  private withoutSecrets(config: Config): Config {
    const entries = Object.entries(config).map(([key, value]) => {
      if (!this.secretKeys.includes(key)) return [key, value];
      const [, name] = /^berth:(.*)$/.exec(key) ?? [];
      return [key, name === undefined ? STAND_IN : withoutSecretFields(value, [name])];
    });
    return Object.fromEntries(entries);
  }

  private placesBeyond(): string {
    return this.read().hasEnvironment ? "an environment (Pulumi ESC)" : this.project.path;
  }
}

/** The stacks of a project that have a file. */
export function stacksOf({ stackFolder, extension }: PulumiProject): string[] {
  const files = existsSync(stackFolder) ? readdirSync(stackFolder) : [];
  return files.flatMap((file) =>
    file.startsWith("Pulumi.") && file.endsWith(extension) ? file.slice(7, -extension.length) || [] : [],
  );
}

const STAND_IN = "[secret]";

/** `{secure: v1:…}` is how Pulumi writes an encrypted value; a text stands in for it. */
function withoutSecure(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecure);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value);
  if (entries.length === 1 && "secure" in value) return STAND_IN;
  return Object.fromEntries(entries.map(([key, inner]) => [key, withoutSecure(inner)]));
}

function withoutSecretFields(value: unknown, path: readonly string[]): unknown {
  if (typeof value !== "object" || value === null)
    return isSecretField(path) || isFreeText(path) ? STAND_IN : value;
  if (Array.isArray(value))
    return value.map((inner, index) => withoutSecretFields(inner, [...path, String(index)]));
  const entries = Object.entries(value);
  return Object.fromEntries(entries.map(([key, inner]) => [key, withoutSecretFields(inner, [...path, key])]));
}
