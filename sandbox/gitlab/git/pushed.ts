import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AccessToken } from "../access-tokens";
import { userOf } from "../api/base/caller";
import { Body } from "../api/base/request";
import { openMergeRequest } from "../api/merge-requests";
import type { ApiStore } from "../api/store";
import { Repository } from "./repository";

interface Pusher {
  readonly dir: string;
  readonly store: ApiStore;
  readonly project: string;
  readonly token: AccessToken;
  /** Where GitLab answers. */
  readonly address: URL;
}

/** What hooks/post-receive leaves of one push. */
export class Pushed {
  private readonly folder = mkdtempSync(join(tmpdir(), "berth-pushed-"));
  readonly file = join(this.folder, "pushed");

  /**
   * Does what the push options ask for. Of GitLab's there is `merge_request.create`, with `merge_request.target` and
   * `merge_request.title`; the others are not there.
   */
  async carryOut({ dir, store, project, token, address }: Pusher): Promise<void> {
    const lines = existsSync(this.file) ? readFileSync(this.file, "utf8").split("\n") : [];
    const those = (kind: string) =>
      lines.filter((line) => line.startsWith(`${kind} `)).map((line) => line.slice(kind.length + 1));
    const options = new Map(those("option").map(keyAndValue));
    if (!options.has("merge_request.create")) return;
    const repository = Repository.of(dir, project);
    const target = options.get("merge_request.target") ?? (await repository.defaultBranch());
    for (const branch of those("branch")) {
      const open = store.content.mergeRequests.some(
        (one) => one.project === project && one.state === "opened" && one.source_branch === branch,
      );
      if (open || branch === target) continue;
      const title =
        options.get("merge_request.title") ?? (await repository.ask("log", "-1", "--format=%s", branch));
      const body = new Body({ title, source_branch: branch, target_branch: target });
      const caller = { user: userOf(token, store), token, isJob: false };
      const rest = { numbers: [], parts: [], address, body };
      await openMergeRequest({ caller, store, dir, project, ...rest });
    }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function keyAndValue(option: string): [string, string] {
  const [key = "", value = ""] = option.split(/=(.*)/s);
  return [key, value];
}
