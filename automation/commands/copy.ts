import { type CopyResult, copyImage } from "../../components/registry/copy";
import { parseReference } from "../../components/registry/reference";
import type { Command } from "../command";
import { Exit } from "../exit";

export const copy: Command = {
  name: "copy",
  summary: "Copy an image from registry to registry by digest",
  effect: "changes the stack",
  args: [
    { name: "<source>", summary: "registry/repository:tag or @digest" },
    { name: "<target>", summary: "registry/repository[:tag]" },
  ],
  options: [
    { flags: "--dry-run", summary: "say what is missing at the target, copy nothing" },
    { flags: "--move-tag", summary: "let the target's tag move from another digest" },
  ],
  example: "berth copy registry.example.com/team/blog:1.4 nexus.example.com:8082/blog:1.4",
  async run({ args: [source, target], options, report }) {
    const result = await copyImage({
      source: source!,
      target: target!,
      credentials: credentialsFor(source!, target!),
      dryRun: options["dryRun"] === true,
      moveTag: options["moveTag"] === true,
    });
    report.data(result, () => describe(result));
    return Exit.done;
  },
};

/**
 * Logins come from the environment: BERTH_SOURCE_USERNAME/_PASSWORD, where they are missing GitLab's own
 * CI_REGISTRY_USER/_PASSWORD, and BERTH_TARGET_USERNAME/_PASSWORD.
 */
function credentialsFor(source: string, target: string) {
  const { env } = process;
  const logins: [string, string | undefined, string | undefined][] = [
    [
      source,
      env.BERTH_SOURCE_USERNAME ?? env.CI_REGISTRY_USER,
      env.BERTH_SOURCE_PASSWORD ?? env.CI_REGISTRY_PASSWORD,
    ],
    [target, env.BERTH_TARGET_USERNAME, env.BERTH_TARGET_PASSWORD],
  ];
  return Object.fromEntries(
    logins.flatMap(([reference, username, password]) =>
      username && password ? [[parseReference(reference).registry, { username, password }]] : [],
    ),
  );
}

function describe({ digest, blobs }: CopyResult): string {
  const { copied, mounted, present } = blobs;
  return `${digest}: ${copied} blobs copied, ${mounted} mounted, ${present} present`;
}
