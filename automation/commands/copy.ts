import type { CopyImageArgs, CopyResult } from "../../components/registry/copy/copy-args";
import { copyImage } from "../../components/registry/copy/copy-image";
import type { CopyProgress, CopyStage } from "../../components/registry/copy/copy-progress";
import { findLogins, type Logins } from "../../components/registry/logins/logins";
import { parseReference, type Reference } from "../../components/registry/reference";
import { errorOf } from "../../components/values/error-facts";
import { copyFailure } from "../copy/copy-failure";
import { copyText, lossText } from "../copy/copy-text";
import { showProgress } from "../copy/progress-bar";
import { referrersWish } from "../copy/referrers-wish";
import { defineCommand } from "../terminal/command";
import { CommandError, Exit } from "../terminal/exit";
import type { Report } from "../terminal/report";
import { stopOnSignals } from "../terminal/stop-signals";

export const copy = defineCommand({
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
    {
      flags: "--if-missing",
      summary: "ask the source nothing where digest and tag are at the target already",
    },
    {
      flags: "--no-referrers",
      summary: "leave signatures, SBOMs and attestations behind (also BERTH_REFERRERS=none)",
    },
    {
      flags: "--strict-referrers",
      summary:
        "fail where one of these is gone, or can't be kept at the target (also BERTH_REFERRERS=strict)",
    },
    { flags: "--insecure <hosts>", summary: "speak plain http to these registries (host:port,…)" },
    { flags: "--secure <hosts>", summary: "speak https to these, though they are loopback addresses" },
    { flags: "--progress", summary: "plain lines of progress, also with --json" },
  ],
  example: "berth copy registry.example.com/team/blog:1.4 nexus.example.com:8082/blog:1.4",
  async run({ args, options, report }) {
    const source = parseReference(args[0]);
    const target = parseReference(args[1]);
    const hosts = (option: "insecure" | "secure", variable: string) =>
      hostsOf(`--${option}`, options[option] ?? process.env[variable], [source, target]);
    const wish = {
      source,
      target,
      insecure: hosts("insecure", "BERTH_INSECURE"),
      secure: hosts("secure", "BERTH_SECURE"),
      ca: process.env["BERTH_CA"] || undefined,
      dryRun: options.dryRun === true,
      moveTag: options.moveTag === true,
      ifMissing: options.ifMissing === true,
      ...referrersWish(options),
    };
    const result = await watched(wish, report, options.progress === true);
    for (const loss of result.lost ?? []) report.say(lossText(loss));
    report.data(result, () => copyText(result));
    return Exit.done;
  },
});

/** Copies with the logins that there are, shows how far it is, and ends in good order when it is told to. */
async function watched(wish: CopyImageArgs, report: Report, lines: boolean): Promise<CopyResult> {
  const progress = showProgress({ output: process.stderr, env: process.env, lines, json: report.json });
  let stage: CopyStage = "resolve";
  const stop = stopOnSignals((name) => {
    progress.end();
    if (!report.json) report.say("Stopping. What is on its way gets a few seconds; once more: at once.");
    return stoppedText(name, stage, wish.dryRun === true);
  });
  const onProgress = (now: CopyProgress) => {
    stage = now.stage;
    progress.update(now);
  };
  const { signal } = stop;
  let logins: Logins = { credentials: {}, origins: {} };
  try {
    const { source, target } = wish;
    logins = await findLogins({ source, target, env: process.env, signal });
    return await copyImage({ ...wish, credentials: logins.credentials, onProgress, signal });
  } catch (error) {
    throw copyFailure(errorOf(error), { ...wish, origins: logins.origins });
  } finally {
    progress.end();
    stop.release();
  }
}

/** @throws CommandError (exit 2) for one that is neither of the two: it would change nothing, and say so to nobody. */
function hostsOf(flag: string, option: unknown, references: Reference[]): string[] {
  const hosts = typeof option === "string" && option ? option.split(",").map((host) => host.trim()) : [];
  const registries = references.map(({ registry }) => registry);
  const unknown = hosts.find((host) => !registries.includes(host));
  if (unknown === undefined) return hosts;
  throw new CommandError(
    `${flag} ${unknown}: expected a registry of this copy as it is written there, ${registries.join(" or ")}`,
    Exit.usage,
  );
}

function stoppedText(name: string, stage: CopyStage, dryRun: boolean): string {
  if (dryRun) return `stopped by ${name}; nothing was written`;
  return stage === "tag" || stage === "done"
    ? `stopped by ${name} while the tag was being set: the image is at the target, and the same command finishes it`
    : `stopped by ${name} before the tag was set. What has arrived stays, and the same command goes on from there`;
}
