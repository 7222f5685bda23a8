import type { Props } from "../provider";
import type { Fields } from "../schema/field";
import { text } from "../schema/value";
import { isGone, type Rest } from "./rest";

/** One resource type of the gitlab plugin: the table of its fields, and its four calls. */
export interface GitlabResource {
  readonly fields: Fields;
  /** Named after the resource where the program gives no name. */
  readonly autoName?: boolean;
  /** Outputs that are encrypted whatever the program does. */
  readonly secrets?: readonly string[];
  /** What the plugin asks GitLab in previews, too, before it plans. @throws where the inputs are none for this GitLab */
  plan?(inputs: Props, rest: Rest): Promise<void>;
  create(inputs: Props, rest: Rest): Promise<Made>;
  /** Undefined where it is gone. @param state what is known of it: outputs, or inputs where there are none */
  read(id: Id, state: Props, rest: Rest): Promise<Props | undefined>;
  /** @returns the outputs */
  update(id: Id, inputs: Props, old: Props, rest: Rest): Promise<Props>;
  delete(id: Id, state: Props, rest: Rest): Promise<void>;
}

export interface Made {
  readonly id: string;
  readonly outputs: Props;
}

/** An id's parts: the project, then what it is in there. Only the last may hold colons. */
export interface Id {
  readonly text: string;
  readonly project: string;
  readonly parts: readonly string[];
}

/** @param parts how many there are, with the project */
export function parseId(id: string, parts: number): Id {
  const [project = "", ...rest] = id.split(":");
  return {
    text: id,
    project,
    parts: [...rest.slice(0, parts - 2), rest.slice(parts - 2).join(":")],
  };
}

/** Address of something in a project. */
export function inProject(project: Props[string] | undefined, ...path: (string | number)[]): string {
  return [
    "projects",
    encodeURIComponent(text(project)),
    ...path.map((part) => encodeURIComponent(part)),
  ].join("/");
}

/** Undefined where GitLab says that it isn't there. */
export async function unlessGone<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

/** A deletion of what is gone already has nothing to do, for the types of which the plugin says so: for the others it fails. */
export async function removed(asked: Promise<unknown>): Promise<void> {
  await unlessGone(asked);
}

/** Those of the inputs that are given, under GitLab's names: `{ environmentScope: "environment_scope" }`. */
export function bodyOf(inputs: Props, names: { readonly [input: string]: string }): Props {
  const given = Object.entries(names).filter(
    ([input]) => inputs[input] !== undefined && inputs[input] !== null,
  );
  return Object.fromEntries(given.map(([input, name]) => [name, inputs[input]!]));
}

/** GitLab's roles by the names that the plugin gives them. */
const LEVELS: { readonly [name: string]: number } = {
  "no one": 0,
  minimal: 5,
  guest: 10,
  planner: 15,
  reporter: 20,
  developer: 30,
  maintainer: 40,
  owner: 50,
  admin: 60,
};

export function levelOf(name: Props[string] | undefined): number {
  return LEVELS[text(name)]!;
}

export function levelName(level: number | undefined): string | null {
  return Object.entries(LEVELS).find(([, one]) => one === level)?.[0] ?? null;
}
