import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../stack/sandbox";

export interface S3Policy {
  readonly Statement: readonly { readonly Action: readonly string[] }[];
}

/**
 * The bucket policy of docs/nexus.md, for an account of the tests' S3 server, which knows accounts by their access key ids.
 * @param without a right that is left out
 */
export function policyOfDocs(account: string, bucket = "images", without = ""): S3Policy {
  const text = /^```json\n([\s\S]*?)^```/m.exec(readFileSync(join(root, "docs/nexus.md"), "utf8"))?.[1] ?? "";
  const here = text
    .replaceAll("arn:aws:iam::111122223333:user/nexus", account)
    .replaceAll("arn:aws:s3:::images", `arn:aws:s3:::${bucket}`);
  const { Statement, ...rest } = JSON.parse(here) as S3Policy;
  const statements = Statement.map((one) => ({
    ...one,
    Action: one.Action.filter((right) => right !== without),
  }));
  return { ...rest, Statement: statements };
}
