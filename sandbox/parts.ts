import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { originOf } from "./images/base-images";
import { recipes } from "./images/recipes";
import type { Places } from "./lib/places";
import { textTable } from "./lib/text-table";
import { NEXUS_IMAGE } from "./nexus/build";
import type { Part } from "./part";
import { PARTS } from "./pulumi/install/prepare-pulumi";
import { pulumiPlaces } from "./pulumi/install/pulumi-places";

/**
 * What is real in this sandbox and what isn't, in the order in which the pipeline meets the parts. What isn't there yet is
 * missing.
 */
export function sandboxParts(places: Places): Part[] {
  return [...pulumiParts(places), ...imageParts(places), gitlab];
}

function pulumiParts(places: Places): Part[] {
  const file = join(pulumiPlaces(places).home, PARTS);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Part[]) : [];
}

function imageParts(places: Places): Part[] {
  const bases = recipes.flatMap((recipe): Part | [] => {
    const part = `base image ${recipe.repository}:${recipe.tag}`;
    const origin = originOf(places, recipe);
    if (origin === undefined) return [];
    return origin === "hub"
      ? { part, kind: "real", about: "pulled from the hub" }
      : { part, kind: "stand-in", about: `${origin.standIn}: the hub can't be reached` };
  });
  return [nexus, ...bases];
}

const nexus: Part = {
  part: `Nexus ${NEXUS_IMAGE.split(":").at(-1)}`,
  kind: "stand-in",
  about:
    "the real core from Maven Central; its Docker format is closed source, a connector of ours serves it",
};

const gitlab: Part = {
  part: "GitLab",
  kind: "stand-in",
  about: "a real registry and git; of the API what the pipeline uses, as GitLab itself can't be had here",
};

/** A line each, for people. */
export function partsTable(parts: readonly Part[]): string {
  return textTable(parts.map(({ part, kind, about }) => [part, kind, about]));
}
