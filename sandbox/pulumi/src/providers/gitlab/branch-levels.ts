import { type Props, UNKNOWN, type Value } from "../provider";
import { type Fields, field, oneOf } from "../schema/field";
import { isObject } from "../schema/value";
import { levelName, levelOf } from "./resource";
import type { Rest } from "./rest";

interface Access {
  id: number;
  access_level: number;
  access_level_description: string;
}

/** Who may do what with a protected branch, in GitLab's answer. */
export interface BranchLevels {
  push_access_levels: Access[];
  merge_access_levels: Access[];
}

/**
 * Since version 10 the plugin takes one level in GitLab's Community Edition alone, and a list in the Enterprise Edition alone. Where
 * neither is given GitLab decides: maintainers.
 */
const KINDS = [
  { level: "pushAccessLevel", list: "allowedToPushes", gitlab: "push" },
  { level: "mergeAccessLevel", list: "allowedToMerges", gitlab: "merge" },
] as const;

const LEVEL = { accept: oneOf("no one", "developer", "maintainer", "admin") };
const ENTRY = {
  accessLevel: field("string", { ...LEVEL, required: true }),
  accessLevelDescription: field("string", { computed: true, output: true }),
};

/** Of the lists only what names roles: no people, groups, deploy keys. */
export const levelFields: Fields = Object.fromEntries(
  KINDS.flatMap(({ level, list }) => [
    [level, field("string", { ...LEVEL, computed: true, replace: true })],
    [list, field("objects", { computed: true, fields: ENTRY })],
  ]),
);

export async function isEnterprise(rest: Rest): Promise<boolean> {
  const attempt = "find out GitLab's edition";
  return (await rest.ask<{ enterprise: boolean }>({ method: "GET", path: "metadata", attempt })).enterprise;
}

/** @throws in the plugin's words for what isn't for this edition */
export function checkLevels(inputs: Props, enterprise: boolean): void {
  for (const { level, list, gitlab } of KINDS) {
    if (enterprise && isGiven(inputs[level]))
      throw new Error(`feature unavailable \`${gitlab}_access_level\`: Use \`allowed_to_${gitlab}\` instead`);
    if (!enterprise && isGiven(inputs[list]))
      throw new Error(`feature unavailable \`allowed_to_${gitlab}\`: Enterprise license required`);
  }
}

/** What a new protection is made with; empty lists are GitLab's default. */
export function levelsToCreate(inputs: Props, enterprise: boolean): Props {
  const parts = KINDS.map(({ level, list, gitlab }): Props => {
    if (enterprise)
      return { [`allowed_to_${gitlab}`]: levelsIn(inputs[list]).map((one) => ({ access_level: one })) };
    return isGiven(inputs[level]) ? { [`${gitlab}_access_level`]: levelOf(inputs[level]) } : {};
  });
  return Object.assign({}, ...parts);
}

/** What makes of the levels that there are the ones that are wanted; nothing where none are given. */
export function levelsToChange(inputs: Props, found: BranchLevels): Props {
  const parts = KINDS.filter(({ list }) => isGiven(inputs[list])).map(({ list, gitlab }) => {
    const wanted = levelsIn(inputs[list]);
    const had = found[`${gitlab}_access_levels`];
    const added = wanted.filter((level) => had.every((one) => one.access_level !== level));
    const removed = had.filter(({ access_level }) => !wanted.includes(access_level));
    return {
      [`allowed_to_${gitlab}`]: [
        ...added.map((access_level) => ({ access_level })),
        ...removed.map(({ id }) => ({ id, _destroy: true })),
      ],
    };
  });
  return Object.assign({}, ...parts);
}

export function levelOutputs(found: BranchLevels, enterprise: boolean): Props {
  const parts = KINDS.map(({ level, list, gitlab }): Props => {
    const had = found[`${gitlab}_access_levels`];
    if (!enterprise) return { [level]: levelName(had[0]?.access_level) };
    const entries = had.map(({ access_level, access_level_description: accessLevelDescription }) => ({
      accessLevel: levelName(access_level),
      accessLevelDescription,
    }));
    return { [level]: null, [list]: entries };
  });
  return Object.assign({}, ...parts);
}

function isGiven(value: Value | undefined): value is Value {
  return value !== undefined && value !== null && value !== UNKNOWN;
}

function levelsIn(list: Value | undefined): number[] {
  return Array.isArray(list) ? list.filter(isObject).map(({ accessLevel }) => levelOf(accessLevel)) : [];
}
