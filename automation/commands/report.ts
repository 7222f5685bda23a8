import { join, resolve } from "node:path";
import { gatherReport } from "../report/gather";
import { renderPage } from "../report/page/page";
import { servePage } from "../report/serve-page";
import { openStack } from "../stack/open-stack";
import { defineCommand, stackArgument, stackName } from "../terminal/command";
import { CommandError, Exit } from "../terminal/exit";
import { stopOnSignals } from "../terminal/stop-signals";
import { writeResult } from "../terminal/write-result";

export const report = defineCommand({
  name: "report",
  summary:
    "Make one HTML page of the stack: what runs where, its releases, the registries, Nexus, certificates",
  effect: "read-only",
  args: [stackArgument],
  options: [
    { flags: "--out <folder>", summary: "write it there, as index.html", values: "files" },
    { flags: "--open", summary: "serve it at an address of this machine alone, until Ctrl-C" },
    { flags: "--drift <file>", summary: "with what `berth drift --json` has printed", values: "files" },
    {
      flags: "--addresses",
      summary: "with hosts, ports and links to pipelines, which it leaves out by itself",
    },
  ],
  example: "berth report prod --out public",
  async run({
    args: [stack],
    options: { out, drift: run, open: served = false, addresses = false },
    report: say,
  }) {
    if (out === undefined && !served && !say.json)
      throw new CommandError(
        "Nothing says where the page goes: --out FOLDER, --open, or --json.",
        Exit.usage,
      );
    const file = out === undefined ? undefined : join(resolve(out), "index.html");
    const drift = run === undefined ? undefined : resolve(run);
    const found = await gatherReport(await openStack(stackName(stack)), { addresses, drift });
    const page = renderPage(found);
    if (file !== undefined) writeResult("--out", file, page);
    if (file !== undefined || say.json)
      say.data(found, () => `${file} is written: open it in a browser, or put it where pages are.`);
    if (served) await serve(page, say.say);
    return Exit.done;
  },
});

async function serve(page: string, say: (line: string) => void): Promise<void> {
  const { url, close } = await servePage(page);
  say(`The page is at ${url}, for this machine alone. Ctrl-C ends it.`);
  const { signal, release } = stopOnSignals(() => "The page is no longer served.");
  await new Promise<void>((done) => signal.addEventListener("abort", () => done()));
  release();
  close();
}
