import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { codeRoot } from "../../components/values/own-place";
import { ANOTHER_TEMPORARY_FOLDER, temporaryProblem } from "../../components/values/temporary-folder";
import { isOlder } from "../../components/values/versions";
import { ask, saidOf } from "./ask-program";
import { type Finding, fail, ok, warn } from "./finding";
import type { Check } from "./run-checks";
import type { Subject } from "./subject";
import { installation, newerNode } from "./this-machine";

const TEMPORARY = "temporary folder";

/** What Berth itself runs on. */
export function machineChecks(subject: Subject): Check[] {
  return [
    { name: "Node", run: async () => nodeFinding(process.versions.node, nodeSince()) },
    { name: TEMPORARY, run: async () => temporaryFinding() },
    { name: "git", run: () => gitFinding(subject.root) },
  ];
}

/** As the package has it: `>=20.18.1`. */
function nodeSince(): string {
  const { engines } = createRequire(join(codeRoot, "index.js"))("berth/package.json");
  return String(engines.node).replace(/^>=/, "");
}

export function nodeFinding(version: string, since: string): Finding {
  if (!isOlder(version, since)) return ok("Node", version);
  return fail("Node", `${version}, and Berth needs ${since} or newer`, newerNode());
}

/** Trees with changes, charts and programs of others keep files there for a moment. */
function temporaryFinding(): Finding {
  const problem = temporaryProblem();
  if (problem === undefined) return ok(TEMPORARY, `${tmpdir()} can be written`);
  return fail(TEMPORARY, problem, `${ANOTHER_TEMPORARY_FOLDER} # or put that folder right`);
}

/** An image's tag is the commit that it was built from. @param root of the project; undefined outside of one */
export async function gitFinding(root: string | undefined): Promise<Finding> {
  const asked = await ask("git", ["--version"]);
  if (!asked.ran)
    return fail(
      "git",
      "there is no git on the PATH, and an image's tag is its git commit",
      installation("git"),
    );
  const version = asked.stdout.trim().replace(/^git version /, "");
  if (root === undefined) return ok("git", version);
  const { code, ...said } = await ask("git", ["-C", root, "rev-parse", "--short=12", "HEAD"]);
  if (code === 0) return ok("git", `${version}, at commit ${said.stdout.trim()}`);
  const words = saidOf(said);
  if (/dubious ownership/.test(words)) {
    // The repository's top, which is often above the project's folder.
    const top = /repository at '(.+?)'/.exec(words)?.[1] ?? root;
    return fail(
      "git",
      `${version} refuses ${top}, which is another user's: no image can be built from it`,
      `git config --global --add safe.directory ${top}`,
    );
  }
  const text = /not a git repository/.test(words)
    ? `${root} is in no git repository`
    : `${root} has no commit that git can tell (${words})`;
  const advice = `git -C ${root} init && git -C ${root} add --all && git -C ${root} commit -m "Begin"`;
  return warn(
    "git",
    `${version}; ${text}: no image can be built from it, releases that are pinned can be run`,
    advice,
  );
}
