import type { GitlabClient } from "./gitlab-client";

export interface FolderPlace {
  /** The project's number, or its path. */
  readonly project: string;
  readonly branch: string;
  /** Below the top of the repository. */
  readonly path: string;
}

interface Entry {
  readonly type: string;
  readonly path: string;
}

/** How many files are asked for at once. */
const AT_ONCE = 8;

/**
 * The files of a branch below a folder, by their paths from that folder on.
 * @throws GitlabError
 */
export async function readFolder(
  client: GitlabClient,
  { project, branch, path }: FolderPlace,
): Promise<Map<string, Buffer>> {
  const base = `/projects/${encodeURIComponent(project)}/repository`;
  const attempt = `read ${path}/ on the branch ${branch}`;
  const where = new URLSearchParams({ path, ref: branch, recursive: "true", per_page: "100" });
  const entries: Entry[] = [];
  for await (const page of client.pages<Entry>({ path: `${base}/tree?${where}`, attempt }))
    entries.push(...page.filter(({ type }) => type === "blob"));
  const files = new Map<string, Buffer>();
  const read = async (entry: Entry) => {
    const file = `${base}/files/${encodeURIComponent(entry.path)}?ref=${encodeURIComponent(branch)}`;
    const { value } = await client.ask<{ content: string }>({ method: "GET", path: file, attempt });
    files.set(entry.path.slice(path.length + 1), Buffer.from(value.content, "base64"));
  };
  for (let from = 0; from < entries.length; from += AT_ONCE)
    await Promise.all(entries.slice(from, from + AT_ONCE).map(read));
  return files;
}
