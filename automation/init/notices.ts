import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { buildSources } from "../../components/image/build-sources";
import { LICENCE_URL } from "../../components/settings/nexus/nexus-licence";
import type { Settings } from "../../components/settings/settings";
import { pathFrom } from "./find-apps";
import { isLeftOut } from "./git-repository";
import type { Found } from "./look-around";
import { packageManagerOf } from "./package-manager";
import type { ProjectPlace } from "./project-place";

/**
 * What a reader of the new files should know: what was seen and isn't taken over, images that would come past Nexus, what would get
 * into an app's image, the licence.
 * @param settings of the stacks that are new
 */
export function noticesOf(found: Found, place: ProjectPlace, settings: readonly Settings[]): string[] {
  const { nexus } = found;
  return [
    ...found.notices,
    ...(place.notice ? [place.notice] : []),
    ...settings.flatMap(({ apps, nexus: own }) => buildSources(apps, own, place.folder).warnings),
    ...(nexus && !settings.some((one) => one.nexus.url === nexus.url)
      ? [
          `${nexus.url} is a Nexus already (${nexus.server}). It stays as it is: each stack has one of its own. ` +
            "To use that one in a stack, name it: --nexus or --prod-nexus, and docs/nexus.md of Berth, A Nexus of your own",
        ]
      : []),
    ...copyingNotices(found, place),
    ...lockNotices(found, place),
    ...(settings.some((one) => one.nexus.eula === "accepted")
      ? [
          `The settings say that you accept Sonatype's licence (${LICENCE_URL}), from the first \`berth up\` on`,
        ]
      : []),
  ];
}

/** Of apps whose context has the Pulumi project in it, with all that npm installs there. */
function copyingNotices({ root, apps }: Found, { folder, path }: ProjectPlace): string[] {
  const what = path === "." ? "node_modules and Pulumi*.yaml" : path;
  return apps.flatMap(({ name, context, copiesAll }) => {
    const within = pathFrom(join(root, context), folder);
    const ignored = path === "." ? "node_modules" : within;
    const file = join(context, ".dockerignore");
    if (within.startsWith("..") || isIgnored(join(root, file), ignored)) return [];
    const [why, orElse] = copiesAll
      ? ["its Dockerfile copies its whole context", "they get into the image"]
      : [
          `its context is ${context === "." ? "the whole repository" : context}`,
          "each build sends them along",
        ];
    return [`${name}: ${why}. List ${what} in ${file}, or ${orElse}`];
  });
}

/** Of a lock file that would not be committed. */
function lockNotices({ root }: Found, { folder }: ProjectPlace): string[] {
  const path = pathFrom(root, join(folder, packageManagerOf(folder).lock));
  if (!isLeftOut(root, path)) return [];
  return [
    `${path} is ignored by git, and every job of the pipeline installs from it. Commit it: the line that ignores it is told by ` +
      `git check-ignore --verbose ${/\s/.test(path) ? JSON.stringify(path) : path}`,
  ];
}

function isIgnored(file: string, path: string): boolean {
  const lines = existsSync(file) ? readFileSync(file, "utf8").split(/\r?\n/) : [];
  return lines.some((line) => line.trim().replace(/^(\*\*\/|\/)|\/$/g, "") === path);
}
