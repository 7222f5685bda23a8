import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { mock } from "node:test";
import type { EngineEvent } from "@pulumi/pulumi/automation";
import { resourcePhrase } from "../../../../automation/engine/resource-words";
import type { Facts } from "../../../../automation/story/facts";
import { Story, type StoryKind } from "../../../../automation/story/story";
import { CommandError, Exit } from "../../../../automation/terminal/exit";
import { knownSecrets } from "../../../../automation/terminal/known-secrets";
import { Screen, type ScreenOutput, widthOf } from "../../../../automation/terminal/screen";
import { begins, ends, FIRST_UP, fails, type Made, says } from "../../../support/story/berth-events";
import { Terminal } from "../../../support/story/terminal";

const FACTS: Facts = { nexus: "3.94.0 at nexus.example.com", apps: ["blog"], servers: ["web1", "web2"] };
const ESC = "\x1b";
const COLOR = new RegExp(`${ESC}\\[\\d+m`);
const CONTROL = new RegExp(`${ESC}|\r`);

/** Nobody's terminal: a pipe, a job's log. */
class Pipe implements ScreenOutput {
  text = "";
  write(text: string): void {
    this.text += text;
  }
  get lines(): string[] {
    return this.text
      .trimEnd()
      .split("\n")
      .map((line) => line.trimEnd());
  }
}

function golden(name: string): string[] {
  return readFileSync(join(__dirname, "golden", name), "utf8")
    .trimEnd()
    .split("\n");
}

/** Events of the real engine (Pulumi CLI 3.260 with its plugins), without what the story doesn't read; a registry's name is another. */
function recorded(name: string): EngineEvent[] {
  return golden(`${name}-events.jsonl`).map((line) => JSON.parse(line));
}

/** As the terminal of so many columns shows it. */
function wrapped(lines: readonly string[], columns: number): string[] {
  const terminal = new Terminal(columns);
  for (const line of lines) terminal.write(`${line}\n`);
  return terminal.shown;
}

const withoutLife = (lines: readonly string[]) => lines.filter((line) => !line.startsWith("still: "));

describe("the story of an operation", () => {
  beforeEach(() => mock.timers.enable({ apis: ["setInterval", "Date"] }));
  afterEach(() => mock.timers.reset());
  /** In steps: the clock goes on while timers run. */
  const wait = (milliseconds: number) => {
    for (let waited = 0; waited < milliseconds; waited += 100) mock.timers.tick(100);
  };

  function storyOn(output: ScreenOutput, env: NodeJS.ProcessEnv = {}, kind: StoryKind = "update"): Story {
    const tale = { kind, meanwhile: "comparing with what there is", facts: FACTS };
    return new Story(tale, new Screen(output, env));
  }

  function happen(story: Story, one: Made): void {
    story.onEvent(begins(one));
    if (one.says) story.onEvent(says(one, one.says));
    wait(one.takes);
    story.onEvent(ends(one));
  }

  /** A first update, all of it or so many resources. */
  function firstUp(story: Story, until = FIRST_UP.length): void {
    wait(1_000);
    for (const one of FIRST_UP.slice(0, until)) happen(story, one);
  }

  const building = FIRST_UP.findIndex(({ name }) => name === "blog-image");

  describe("without a terminal", () => {
    it("is a line for each step with what came of it and its time, and a sign of life where one takes long", () => {
      const pipe = new Pipe();
      const story = storyOn(pipe);
      firstUp(story);
      story.end();
      assert.deepEqual(pipe.lines, golden("first-up-200.txt"));
      assert.doesNotMatch(pipe.text, CONTROL);
    });

    it("is the same where a terminal can do nothing but take text (TERM=dumb), as wide as that is", () => {
      const terminal = new Terminal(80);
      const story = storyOn(terminal, { TERM: "dumb" });
      firstUp(story);
      story.end();
      assert.deepEqual(terminal.shown, wrapped(golden("first-up-80.txt"), 80));
      assert.doesNotMatch(terminal.written, CONTROL);
    });

    it("counts the time in which a step was under way, not that between: volumes are made long before their container", () => {
      const volume = "berth:app:AppDeployment$docker:index/volume:Volume";
      const pipe = new Pipe();
      const story = storyOn(pipe);
      happen(story, { type: volume, name: "blog-web1-data", parent: "blog", takes: 100 });
      firstUp(story);
      story.end();
      const deployed = golden("first-up-200.txt").find((line) => line.includes("pulled, "))!;
      const line = deployed.replace("pulled, ", "pulled, volumes ready, ");
      assert.deepEqual(
        pipe.lines.find((one) => one.includes("pulled, "))?.split(/ {2,}/),
        line.replace("6.3 s", "6.4 s").split(/ {2,}/),
      );
    });

    it("takes Nexus for ready only when something begins that needs it: a server's ports are looked at long before", () => {
      const pipe = new Pipe();
      const story = storyOn(pipe);
      const [image, container] = FIRST_UP;
      const type = "berth:app:ServerHost$pulumi-nodejs:dynamic/docker:PublishedPorts";
      happen(story, image!);
      happen(story, { type, name: "web1-ports", parent: "web1", takes: 100 });
      wait(1_000);
      story.onEvent(begins(container!));
      wait(20_000);
      story.end();
      assert.deepEqual(
        pipe.lines.filter((line) => !line.startsWith("✗")).map((line) => line.replace(/ \(.*/, "")),
        ["still: Nexus ready"],
      );
    });

    it("has no line for what nobody waits for, unless it fails", () => {
      const identity = { type: "pulumi-nodejs:dynamic/stack:Identity", name: "stack-identity", takes: 10 };
      const pipe = new Pipe();
      const story = storyOn(pipe);
      happen(story, identity);
      wait(2_000);
      story.onEvent(begins(identity));
      story.onEvent(fails(identity));
      story.end();
      assert.deepEqual(pipe.lines.length, 1, pipe.text);
      assert.match(pipe.text, /^✗ the stack has its identity +failed: identity of the stack /);
    });

    it("doesn't say of an app that it is healthy while that is waited for, nor where it never is", () => {
      const traffic = FIRST_UP.find(({ name }) => name === "blog-traffic")!;
      const pipe = new Pipe();
      const story = storyOn(pipe);
      story.onEvent(begins(traffic));
      wait(16_000);
      story.onEvent(fails(traffic));
      story.end();
      assert.match(pipe.lines[0]!, /^still: blog: health, then traffic \(15 s\)$/);
      assert.match(pipe.lines[1]!, /^✗ blog: health, then traffic +failed: traffic of blog /);
    });

    it("is never silent for more than 15 s, whatever goes on", () => {
      const pipe = new Pipe();
      const story = storyOn(pipe);
      wait(46_000);
      story.end();
      assert.deepEqual(
        pipe.lines,
        [15, 30, 45].map((time) => `still: comparing with what there is (${time} s)`),
      );
      wait(60_000);
      assert.equal(pipe.lines.length, 3, "an end is an end");
    });
  });

  describe("on a terminal", () => {
    for (const columns of [80, 200])
      it(`leaves the same lines at ${columns} columns, in colours`, () => {
        const terminal = new Terminal(columns);
        const story = storyOn(terminal);
        firstUp(story);
        story.end();
        assert.deepEqual(terminal.shown, wrapped(withoutLife(golden(`first-up-${columns}.txt`)), columns));
        assert.match(terminal.written, COLOR);
      });

    it("is never seen to have ended a step that still goes on", () => {
      class Watched extends Terminal {
        readonly both: string[] = [];
        override write(text: string): void {
          super.write(text);
          const labels = (mark: string) =>
            this.shown
              .filter((line) => line.startsWith(mark))
              .map((line) => line.slice(2).split(/ {2,}/)[0]!);
          this.both.push(...labels("…").filter((label) => labels("✓").includes(label)));
        }
      }
      const terminal = new Watched(80);
      firstUp(storyOn(terminal), building + 2);
      assert.deepEqual(terminal.both, []);
    });

    it("has no colours with NO_COLOR", () => {
      const terminal = new Terminal(80);
      const story = storyOn(terminal, { NO_COLOR: "1" });
      firstUp(story);
      story.end();
      assert.doesNotMatch(terminal.written, COLOR);
      assert.deepEqual(terminal.shown, wrapped(withoutLife(golden("first-up-80.txt")), 80));
    });

    it("shows what goes on in the place of what went on, and what a step last said", () => {
      const terminal = new Terminal(80);
      const story = storyOn(terminal);
      assert.deepEqual(terminal.shown, [
        "… comparing with what there is                                              0 s",
      ]);
      firstUp(story, building);
      story.onEvent(begins(FIRST_UP[building]!));
      story.onEvent(says(FIRST_UP[building]!, "[1/3] FROM python\n[2/3] RUN pip install"));
      wait(12_000);
      assert.deepEqual(terminal.shown, [
        ...golden("first-up-80.txt").slice(0, 2),
        "… blog built, pushed to GitLab              [2/3] RUN pip install          12 s",
      ]);
      story.end();
    });

    it("keeps what others say above it", () => {
      const terminal = new Terminal(80);
      const screen = new Screen(terminal, {});
      const story = new Story({ kind: "look", meanwhile: "looking" }, screen);
      screen.print("Stopping: nothing new is begun.");
      wait(2_000);
      screen.print("once more");
      assert.deepEqual(
        terminal.shown.map((line) => line.split(/ {2,}/)[0]),
        ["Stopping: nothing new is begun.", "once more", "… looking"],
      );
      story.end();
      assert.deepEqual(terminal.shown, ["Stopping: nothing new is begun.", "once more"]);
    });

    it("leaves nothing behind where it is made narrower meanwhile", () => {
      const terminal = new Terminal(120);
      const story = storyOn(terminal);
      firstUp(story, building);
      story.onEvent(begins(FIRST_UP[building]!));
      wait(3_000);
      terminal.resize(50);
      wait(3_000);
      const running = terminal.shown.filter((line) => line.startsWith("…"));
      assert.deepEqual(running, [`… blog built, pushed to GitLab${" ".repeat(16)}6 s`]);
      story.end();
      assert.deepEqual(
        terminal.shown.filter((line) => line.startsWith("…")),
        [],
      );
    });

    it("has room for no more steps than the terminal has lines", () => {
      const terminal = new Terminal(80, 6);
      const story = storyOn(terminal);
      const many = Array.from({ length: 9 }, (_, index) => ({
        ...FIRST_UP[building]!,
        parent: `app${index}`,
        name: `app${index}-image`,
      }));
      for (const one of many) story.onEvent(begins(one));
      assert.equal(terminal.shown.length, 4);
      assert.equal(terminal.shown.at(-1), "… and 6 more");
      story.end();
    });
  });

  describe("of what fails", () => {
    for (const [at, made] of FIRST_UP.entries())
      it(`names the step and the resource, once: ${made.name}`, () => {
        const pipe = new Pipe();
        const story = storyOn(pipe);
        firstUp(story, at);
        story.onEvent(begins(made));
        wait(100);
        story.onEvent(fails(made));
        story.end(new Error("Diagnostics:\n  it says why"));
        const failed = pipe.lines.filter((line) => line.startsWith("✗"));
        const phrase = resourcePhrase(`urn::${made.type}::${made.name}`, FACTS);
        assert.equal(failed.length, 1, pipe.text);
        assert.ok(
          failed[0]!.includes(`failed: ${phrase}`) || pipe.lines.at(-1) === `    failed: ${phrase}`,
          pipe.text,
        );
        const ended = pipe.lines.filter((line) => line.startsWith("✓"));
        assert.ok(
          withoutLife(golden("first-up-200.txt")).join("\n").startsWith(ended.slice(0, 2).join("\n")),
        );
        assert.doesNotMatch(pipe.text, /it says why/);
      });

    it("says what was not finished where it is stopped", () => {
      const pipe = new Pipe();
      const story = storyOn(pipe);
      firstUp(story, building);
      story.onEvent(begins(FIRST_UP[building]!));
      wait(2_000);
      story.end();
      assert.match(
        pipe.lines.at(-1)!,
        /^✗ blog built, pushed to GitLab +not finished: build of blog +2\.0 s$/,
      );
    });

    it("tells warnings and errors once, and not those that the error for people has", () => {
      const one = FIRST_UP[0]!;
      const heard = (failure?: unknown) => {
        const pipe = new Pipe();
        const story = storyOn(pipe);
        for (const text of ["the volume is old", "the volume is old"])
          story.onEvent(says(one, text, "warning"));
        story.onEvent(says(one, "Warning: a signature is lost"));
        story.onEvent(says(one, "it broke\n  at its seam", "error"));
        story.end(failure);
        return pipe.lines;
      };
      const warnings = [
        "warning: Nexus: image: the volume is old",
        "warning: Nexus: image: a signature is lost",
      ];
      assert.deepEqual(heard(), [...warnings, "error: Nexus: image: it broke", "  at its seam"]);
      assert.deepEqual(heard(new Error("x\nDiagnostics:\n  all of them\n")), [""]);
      assert.deepEqual(heard(new Error("error: it broke")), warnings);
      assert.deepEqual(heard(new CommandError("It is another change.", Exit.differs)), warnings);
    });
  });

  it("is of the real engine's own events, whatever program they are of: a replacement that never gets healthy", () => {
    const pipe = new Pipe();
    const story = storyOn(pipe);
    for (const event of recorded("8-unhealthy")) story.onEvent(event);
    story.end();
    assert.match(pipe.lines[0]!, /^✗ other resources +failed: container of web +0\.0 s$/);
    assert.match(pipe.text, /^error: web: container: .*container failed to be in healthy state/m);
    assert.doesNotMatch(pipe.text, /update failed/);
  });

  it("is one line for what is made, one for what is removed of a program that it doesn't know", () => {
    const pipe = new Pipe();
    const story = storyOn(pipe);
    for (const event of recorded("3-update")) story.onEvent(event);
    story.end();
    assert.deepEqual(
      pipe.lines.map((line) => line.replace(/ {2,}/g, "  ")),
      ["✓ other resources  6 resources  0.0 s", "✓ what is no longer needed removed  3 resources  0.0 s"],
    );
  });

  it("of a destroy is what goes with whom, the apps first", () => {
    const pipe = new Pipe();
    const story = storyOn(pipe, {}, "destroy");
    for (const one of [...FIRST_UP].reverse()) happen(story, { ...one, op: "delete", takes: 300 });
    story.end();
    assert.deepEqual(
      pipe.lines.map((line) => line.split(/ {2,}/).slice(0, 2)),
      [
        ["✓ blog removed", `${FIRST_UP.length - 3} resources`],
        ["✓ Nexus removed", "3 resources"],
      ],
    );
  });

  it("of a destroy is of the real engine's own events, too", () => {
    const pipe = new Pipe();
    const story = storyOn(pipe, {}, "destroy");
    for (const event of recorded("7-destroy")) story.onEvent(event);
    story.end();
    assert.match(pipe.text, /^✓ the rest removed +9 resources +0\.0 s\n$/);
  });

  it("of a look says nothing that stays, whatever is found", () => {
    const pipe = new Pipe();
    const story = storyOn(pipe, {}, "look");
    for (const one of FIRST_UP) happen(story, { ...one, takes: 10 });
    story.end();
    assert.equal(pipe.text, "");
  });

  it("has no secret in it, wherever one stands, and cuts only what has none any more", () => {
    const secret = "planted-word-4711-of-a-secret";
    knownSecrets.keep(secret);
    for (const output of [new Pipe(), new Terminal(40)]) {
      const story = storyOn(output);
      const made = FIRST_UP.map((one) => ({
        ...one,
        inputs: JSON.parse(JSON.stringify(one.inputs ?? {}).replaceAll(/"(?=[,}\]])/g, ` ${secret}"`)),
        outputs: JSON.parse(JSON.stringify(one.outputs ?? {}).replaceAll("commit", `commit ${secret}`)),
        says: `at it ${secret} and on`,
      }));
      for (const one of made) happen(story, one);
      story.onEvent(says(made[0]!, `gave ${secret}`, "warning"));
      story.end();
      const said = output instanceof Pipe ? output.text : output.written;
      assert.ok(said.includes("***"), "nothing was looked at");
      for (let from = 0; from + 8 <= secret.length; from++)
        assert.ok(!said.includes(secret.slice(from, from + 8)), secret.slice(from, from + 8));
    }
  });

  it("takes as much room as it says", () => {
    assert.equal(widthOf("✓ blog … → ·"), 12);
    assert.equal(widthOf("日本"), 4);
    assert.equal(widthOf("\x1b[32m✓\x1b[0m"), 1);
  });
});
