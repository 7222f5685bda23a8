import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Ran, root, run } from "./stack/sandbox";

/** The commands of a page's section, typed as a reader types them: in one shell, by the headings that they stand under. */
export class Page {
  private readonly session = mkdtempSync(join(tmpdir(), "berth-page-"));
  private readonly lines: string;

  /** @param folder where the reader begins */
  constructor(
    file: string,
    section: string,
    private readonly folder: string,
    private readonly env: NodeJS.ProcessEnv,
  ) {
    const sections = readFileSync(join(root, file), "utf8").split(/^## /m);
    const found = sections.find((one) => one.startsWith(`${section}\n`));
    if (found === undefined) throw new Error(`${file} has no section "${section}"`);
    this.lines = found;
  }

  /** The commands of each subsection, those before the first under "". */
  get commands(): Map<string, string[]> {
    const parts = this.lines.split(/^### /m);
    const blocks = (text: string) => [...text.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map((match) => match[1]!);
    return new Map(parts.map((part, at) => [at === 0 ? "" : part.split("\n")[0]!, blocks(part)]));
  }

  /** Types commands into the shell, which stops at the first that fails. */
  async type(commands: string): Promise<Ran> {
    const [variables, place] = [join(this.session, "variables"), join(this.session, "place")];
    const script = join(this.session, "script");
    const after = `export -p > ${variables}; pwd > ${place}`;
    const before = `[ ! -f ${variables} ] || { . ${variables}; cd "$(cat ${place})"; }`;
    writeFileSync(
      script,
      `umask 077\n${before}\numask 022\nset -e -o pipefail\n${commands}\numask 077\n${after}\n`,
      {
        mode: 0o600,
      },
    );
    return run(["bash", script], this.env, this.folder);
  }

  /** Where the reader is. */
  get place(): string {
    return readFileSync(join(this.session, "place"), "utf8").trim();
  }

  remove(): void {
    rmSync(this.session, { recursive: true, force: true });
  }
}
