import { createHash } from "node:crypto";
import { basename } from "node:path";
import { Repository } from "../git/repository";
import { mustRead } from "./base/caller";
import { failure } from "./base/failure";
import type { ApiAnswer, ApiRequest } from "./base/request";

interface Found {
  readonly content: Buffer;
  readonly facts: Readonly<Record<string, string | number | boolean>>;
}

/** The file with its content in Base64; what is told of it is in the headers as well, for HEAD. */
export async function getFile(request: ApiRequest): Promise<ApiAnswer> {
  const { content, facts } = await findFile(request);
  const body = { ...facts, encoding: "base64", content: content.toString("base64") };
  return { status: 200, body, headers: headersOf(facts) };
}

/** The file's bytes, whatever they are. */
export async function getRawFile(request: ApiRequest): Promise<ApiAnswer> {
  const { content, facts } = await findFile(request);
  return { status: 200, body: content, headers: headersOf(facts) };
}

async function findFile({ caller, dir, project, parts, address }: ApiRequest): Promise<Found> {
  mustRead(caller);
  const repository = await Repository.of(dir, project).ensure();
  const ref = address.searchParams.get("ref") ?? "HEAD";
  const commit = await repository.commitOf(ref);
  if (!commit) throw failure(404, "Commit Not Found");
  const [path = ""] = parts;
  const entry = (await repository.git(["ls-tree", commit, "--", `:(literal)${path}`])).toString("utf8");
  const [, mode, blob] = /^(\d{6}) blob ([0-9a-f]{40})\t/.exec(entry) ?? [];
  if (!blob) throw failure(404, "File Not Found");
  const content = await repository.git(["cat-file", "blob", blob]);
  const last_commit_id = (await repository.lastCommit(commit, path)) ?? commit;
  return {
    content,
    facts: {
      file_name: basename(path),
      file_path: path,
      size: content.length,
      ref,
      blob_id: blob,
      content_sha256: createHash("sha256").update(content).digest("hex"),
      commit_id: commit,
      last_commit_id,
      execute_filemode: mode === "100755",
    },
  };
}

/** `file_path` → `X-Gitlab-File-Path`. */
function headersOf(facts: Found["facts"]): Record<string, string> {
  const entries = Object.entries(facts).map(([name, value]) => [
    `X-Gitlab-${name
      .split("_")
      .map((word) => word[0]!.toUpperCase() + word.slice(1))
      .join("-")}`,
    encodeURI(String(value)),
  ]);
  return Object.fromEntries(entries);
}
