import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { widthOf } from "../../../../automation/terminal/screen";
import { assertGolden } from "../../../support/golden-file";
import { Terminal } from "../../../support/story/terminal";

const root = join(__dirname, "..", "..", "..", "..");
const PLAY = `${process.execPath} --require tsx/cjs test/support/story/play.ts up`;
const ESC = "\x1b";
const COLOR = new RegExp(`${ESC}\\[\\d*m`);
/** What moves a cursor, or colours. */
const CONTROL = new RegExp(`${ESC}|\r(?!\n)`);

const CONTROLS = new RegExp(`${ESC}\\[\\d*[A-Zm]|\r(?!\n)`, "g");

interface Ran {
  readonly code: number | null;
  /** All that came, as it came. */
  readonly written: string;
  /** What stands on the terminal at the end, without what is another each time. */
  readonly shown: string;
}

interface On {
  readonly columns: number;
  readonly env?: NodeJS.ProcessEnv;
  readonly command?: string;
  /** Called with what has been written so far, and what types. */
  readonly meanwhile?: (written: string, type: (keys: string) => void) => void;
}

describe("an update on a real terminal", function () {
  this.timeout(180_000);
  const state = mkdtempSync(join(tmpdir(), "berth-story-"));
  let runs: Awaited<ReturnType<typeof all>>;

  before(async function () {
    if (process.platform !== "linux") return this.skip(); // its `script` is another
    runs = await all();
  });
  after(() => rmSync(state, { recursive: true }));

  /** On one that `script` of util-linux opens. */
  function run({ columns, env = {}, command = PLAY, meanwhile }: On): Promise<Ran> {
    const { NO_COLOR: _, ...inherited } = process.env;
    const sized = `stty cols ${columns} rows 24; exec ${command}`;
    const child = spawn("script", ["--quiet", "--return", "--command", sized, "/dev/null"], {
      cwd: root,
      env: { ...inherited, TERM: "xterm", XDG_STATE_HOME: state, FAILS: "", ...env },
      stdio: ["pipe", "pipe", "inherit"],
    });
    child.stdin.on("error", () => undefined);
    const terminal = new Terminal(columns);
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      terminal.write(text);
      meanwhile?.(terminal.written, (keys) => child.stdin.write(keys));
    });
    return new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code) => {
        const shown = timeless(`${terminal.shown.join("\n")}\n`);
        resolve({ code, written: terminal.written, shown });
      });
    });
  }

  function timeless(text: string): string {
    return text.replace(/\d+\.\d s$/gm, "#.# s").replace(/(?<=own text: )[^ ]+?\.log/, (wrapped) => {
      assert.match(readFileSync(wrapped.replaceAll("\n", ""), "utf8"), /blog-image creating/);
      return "LOG";
    });
  }

  /** Not for ever. */
  const waitFor = (file: string) =>
    `tries=0; until [ -e ${file} ] || [ $((tries += 1)) -gt 300 ]; do sleep 0.1; done`;

  /** All at once: most of it is waiting. */
  async function all() {
    const go = join(state, "go");
    const [first, second, noColor, dumb, words, result, verbose, failed, stopped, narrower] =
      await Promise.all([
        run({ columns: 80 }),
        run({ columns: 200 }),
        run({ columns: 80, env: { NO_COLOR: "1" } }),
        run({ columns: 80, env: { TERM: "dumb" } }),
        run({ columns: 80, command: `sh -c '${PLAY} 2>&1 >/dev/null | cat'` }),
        run({ columns: 80, command: `sh -c '${PLAY} 2>/dev/null'` }),
        run({ columns: 80, command: `${PLAY} --verbose` }),
        run({ columns: 80, env: { FAILS: "blog-image" } }),
        run({ columns: 80, meanwhile: once(" blog copied", (type) => type("\x03")) }),
        run({
          columns: 120,
          command: `sh -c '(${waitFor(go)}; stty cols 50 </dev/tty) & ${PLAY}'`,
          meanwhile: once(" blog built", () => writeFileSync(go, "")),
        }),
      ]);
    return { 80: first, 200: second, noColor, dumb, words, result, verbose, failed, stopped, narrower };
  }

  /** Does it as soon as that was written. */
  function once(text: string, act: (type: (keys: string) => void) => void): On["meanwhile"] {
    let done = false;
    return (written, type) => {
      if (done || !written.includes(text)) return;
      done = true;
      act(type);
    };
  }

  const golden = (name: string) => join(__dirname, "golden", `${name}.txt`);

  for (const columns of [80, 200] as const)
    it(`leaves a line for each step at ${columns} columns, in colours`, () => {
      const { code, shown, written } = runs[columns];
      assertGolden(golden(`up-${columns}`), shown);
      assert.equal(code, 0);
      assert.ok(written.includes(`${ESC}[32m✓${ESC}[0m blog built`));
      assert.match(written, /blog built, pushed to GitLab +\[2\/3\] RUN pip install/);
    });

  it("has no colours with NO_COLOR, and the same lines", () => {
    assertGolden(golden("up-80"), runs.noColor.shown);
    assert.doesNotMatch(runs.noColor.written, COLOR);
  });

  it("moves no cursor with TERM=dumb", () => {
    assertGolden(golden("up-80"), runs.dumb.shown);
    assert.doesNotMatch(runs.dumb.written, CONTROL);
  });

  it("keeps the story out of standard output, and the result in it; what goes to a pipe moves no cursor", () => {
    const { words, result } = runs;
    assert.match(words.shown, /^✓ blog built, pushed to GitLab /m);
    assert.doesNotMatch(words.shown, / runs on web1, web2$/m);
    assert.equal(result.shown, "blog f342e05a91c0 runs on web1, web2\n");
    for (const { written } of [words, result]) assert.doesNotMatch(written, CONTROL);
  });

  it("shows the engine's own text with --verbose, and replaces nothing", () => {
    const { shown, written } = runs.verbose;
    assert.match(shown, /^ \+ {2}blog-image creating \(0s\)$/m);
    assert.match(shown, /^✓ blog built, pushed to GitLab /m);
    assert.ok(!written.includes(`${ESC}[J`));
  });

  it("says which step failed, why, and where the rest is", () => {
    assertGolden(golden("failed-80"), runs.failed.shown);
    assert.equal(runs.failed.code, 1);
  });

  it("says what was done after Ctrl-C", () => {
    assertGolden(golden("stopped-80"), runs.stopped.shown);
    assert.equal(runs.stopped.code, 130);
  });

  it("fits its lines into a terminal that is made narrower meanwhile", () => {
    const lines = runs.narrower.written.replaceAll(CONTROLS, "").split("\r\n");
    const widthsOf = (start: string) => lines.filter((line) => line.startsWith(start)).map(widthOf);
    assert.equal(widthsOf("… comparing")[0], 100);
    assert.deepEqual(widthsOf("✓ what is no longer needed"), [49]);
  });
});
