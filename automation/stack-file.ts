import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseDocument } from "yaml";
import {
  parseSettings,
  type Release,
  SETTING_KEYS,
  type Settings,
  SettingsError,
} from "../components/settings";
import { CommandError, Exit } from "./exit";
import { withPin } from "./pin";
import { projectRoot } from "./project-root";

/** A release that an app isn't pinned to yet. */
export interface PlannedPin {
  readonly app: string;
  readonly release: Release;
}

/** The settings file of a stack, `Pulumi.<stack>.yaml`, edited with its comments kept. */
export class StackFile {
  readonly path: string;
  /** Where it is set, everything is read as if the file had that pin; nothing is written. */
  planned: PlannedPin | undefined;

  constructor(stack: string, root = projectRoot) {
    this.path = join(root, `Pulumi.${stack}.yaml`);
    if (!existsSync(this.path)) {
      const known = readdirSync(root).flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? []);
      throw new CommandError(
        `There is no stack "${stack}": no file ${this.path}. Stacks here: ${known.join(", ")}.`,
        Exit.usage,
      );
    }
  }

  /** The settings, checked. Encrypted values count as given; only the engine can read them. */
  settings(): Settings {
    const config = this.config();
    const stray = Object.keys(config).filter(
      (key) => key.startsWith("berth:") && !SETTING_KEYS.some((known) => key === `berth:${known}`),
    );
    const problems = stray.map((key) => `${key}: no such setting`);
    try {
      const settings = parseSettings(this.raw());
      if (problems.length === 0) return settings;
    } catch (error) {
      if (!(error instanceof SettingsError)) throw error;
      problems.unshift(...error.problems);
    }
    throw new CommandError(`${this.path}:\n${problems.join("\n")}`, Exit.usage);
  }

  /**
   * Pins the app to a release, or unpins it. Only the lines of the pin change: the rest is somebody's own hand.
   * @returns puts the file back as it was, unless somebody has changed it since; says whether it did
   */
  pin(app: string, release: Release | undefined): () => boolean {
    const before = readFileSync(this.path, "utf8");
    const text = withPin(before, app, release);
    this.planned = undefined;
    this.write(text);
    return () => {
      const isOurs = readFileSync(this.path, "utf8") === text;
      if (isOurs) this.write(before);
      return isOurs;
    };
  }

  private write(text: string): void {
    const scratch = `${this.path}.${process.pid}.tmp`;
    writeFileSync(scratch, text);
    renameSync(scratch, this.path);
  }

  /** The settings as they are written, without checks and defaults; a text stands in for an encrypted value. */
  raw(): Record<string, unknown> {
    const config = this.config();
    return Object.fromEntries(SETTING_KEYS.map((key) => [key, withoutSecure(config[`berth:${key}`])]));
  }

  /** All that is configured, with their namespaces; a text stands in for an encrypted value. */
  shapes(): Record<string, unknown> {
    return withoutSecure(this.config()) as Record<string, unknown>;
  }

  /** The settings as they are written, encrypted values too. */
  written(): Record<string, unknown> {
    return this.config();
  }

  private config(): Record<string, unknown> {
    return (this.document().toJS() as { config?: Record<string, unknown> } | null)?.config ?? {};
  }

  private document() {
    const written = readFileSync(this.path, "utf8");
    const document = parseDocument(
      this.planned ? withPin(written, this.planned.app, this.planned.release) : written,
    );
    const [error] = document.errors;
    if (error) throw new CommandError(`${this.path} is not valid YAML: ${error.message}`, Exit.usage);
    return document;
  }
}

/** `{secure: v1:…}` is how Pulumi writes an encrypted value; a text stands in for it. */
function withoutSecure(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecure);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value);
  if (entries.length === 1 && entries[0]![0] === "secure") return "[secret]";
  return Object.fromEntries(entries.map(([key, inner]) => [key, withoutSecure(inner)]));
}
