import { dirname } from "node:path";
import { dependenciesOf } from "./package-file";
import { packageIn } from "./project-place";

/** What a team's package.json names, each as a range of npm's. */
export type Versions = Readonly<Record<"berth" | "@pulumi/pulumi" | "tsx", string>>;

/**
 * This Berth, and what Pulumi's own command needs beside the program: its library, and what compiles index.ts. The same ranges as
 * Berth's own, so that npm installs each of them once.
 * @param folder in Berth's package, at whatever depth
 */
export function ownVersions(folder: string): Versions {
  for (let at = folder; ; at = dirname(at)) {
    const content = packageIn(at);
    if (content?.["name"] === "berth") {
      const { "@pulumi/pulumi": pulumi, tsx } = dependenciesOf(content);
      if (pulumi === undefined || tsx === undefined)
        throw new Error(`${at}/package.json lacks @pulumi/pulumi or tsx`);
      return { berth: `^${String(content["version"])}`, "@pulumi/pulumi": pulumi, tsx };
    }
    if (at === dirname(at)) throw new Error(`There is no package.json of Berth above ${folder}`);
  }
}
