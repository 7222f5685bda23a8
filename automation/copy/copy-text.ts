import type { CopyResult } from "../../components/registry/copy/copy-args";
import type { ReferrerLoss } from "../../components/registry/copy/referrer-losses";
import { parseReference } from "../../components/registry/reference";
import { bytesText } from "../../components/values/bytes-text";
import { plural } from "../../components/values/plain-words";

/** The reference by digest on the first line, for whoever wants to pass it on; then what was, or would be, done. */
export function copyText(result: CopyResult): string {
  const lines = result.dryRun ? plannedLines(result) : doneLines(result);
  return [result.target, ...lines].join("\n");
}

/** For whoever reads the log: the image is as it was, and something about it is not. */
export function lossText({ subject, referrers, why }: ReferrerLoss): string {
  const [verb, are] = referrers.length === 1 ? ["refers", "is"] : ["refer", "are"];
  return `Warning: ${referrers.join(", ")}, which ${verb} to ${subject}, ${are} lost: ${why}`;
}

function plannedLines({ blobs, manifests, referrers, lost = [], tag, target }: CopyResult): string[] {
  const { missing, bytesMissing, present } = blobs;
  const others = [`${manifests.missing} of ${plural(manifests.total, "manifest")} missing`];
  if (referrers.total > 0)
    others.push(`${referrers.missing} of ${plural(referrers.total, "referrer")} missing`);
  return [
    `${plural(missing, "blob")}, ${bytesText(bytesMissing)} missing, ${present} present`,
    [...others, ...lostWords(lost), ...tagWords(tag, target, true)].join("; "),
    "Nothing was written (--dry-run).",
  ];
}

function doneLines({ blobs, manifests, referrers, lost = [], tag, target }: CopyResult): string[] {
  const { total, copied, mounted, present, bytesCopied, bytesResumed } = blobs;
  const resumed = bytesResumed > 0 ? `, ${bytesText(bytesResumed)} of it by an earlier run` : "";
  const ways = [
    copied > 0 ? `${copied} copied (${bytesText(bytesCopied)}${resumed})` : "",
    mounted > 0 ? `${mounted} mounted` : "",
    present > 0 ? `${present} present` : "",
  ];
  const others = [`${manifests.copied} of ${plural(manifests.total, "manifest")} copied`];
  if (referrers.total > 0)
    others.push(`${referrers.copied} of ${plural(referrers.total, "referrer")} copied`);
  return [
    `${plural(total, "blob")}: ${ways.filter((way) => way !== "").join(", ") || "none"}`,
    [...others, ...lostWords(lost), ...tagWords(tag, target, false)].join("; "),
  ];
}

function lostWords(lost: readonly ReferrerLoss[]): string[] {
  const count = lost.reduce((sum, { referrers }) => sum + referrers.length, 0);
  return count === 0 ? [] : [`${plural(count, "referrer")} lost`];
}

function tagWords(change: CopyResult["tag"], target: string, isPlan: boolean): string[] {
  const { tag } = parseReference(target);
  if (change === "none") return ["no tag"];
  if (change === "unchanged") return [`tag ${tag} is right already`];
  return [isPlan ? `tag ${tag} would be ${change}` : `tag ${tag} ${change}`];
}
