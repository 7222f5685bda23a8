import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { messagesIn } from "../../../reference/messages";

const FILES = {
  "rooms/errors.ts": `
    import { whyNot } from "./reasons";
    const CURE = "set it, or take it out";
    function check(name: string, place: Place, error: unknown) {
      if (name) throw new Error(\`\${place.server} has no app \${name}: \${messageOf(error)}. \` + CURE + ".");
      throw new CommandError(name ? "there is no such thing" : "it is one too many", Exit.usage);
    }
    const refuse = (why: string) => { throw new CommandError(\`\${why} was asked for, and refused\`); };
    function ask() { if (later) refuse(whyNot(2)); return new Error(later); }
  `,
  "rooms/reasons.ts": `
    export function whyNot(count: number) {
      if (count > 1) return \`\${count} are more than one\`;
      return "one is one and no more";
    }
  `,
  "components/settings/checks.ts": `
    const size = () => whole(1, "megabytes, at least 1").describe("The size of it in megabytes.");
    const all = recordOf(size(), "sizes of things").meta({ description: "All of them, by their names." });
    problems.push(["apps", \`\${name} is given twice\`]);
  `,
};

describe("the list of messages", () => {
  let root: string;

  before(() => {
    root = mkdtempSync(join(tmpdir(), "berth-messages-"));
    for (const [file, text] of Object.entries(FILES)) {
      mkdirSync(join(root, file, ".."), { recursive: true });
      writeFileSync(join(root, file), text);
    }
  });
  after(() => rmSync(root, { recursive: true }));

  it("has what errors are made of, each way that it may be, with the names of what is told", () => {
    assert.deepEqual(messagesIn(root, ["rooms"]), [
      {
        file: "rooms/errors.ts",
        messages: [
          { text: "‹server› has no app ‹name›: ‹error›. set it, or take it out.", isUsage: false },
          { text: "there is no such thing", isUsage: true },
          { text: "it is one too many", isUsage: true },
          { text: "‹why› was asked for, and refused", isUsage: false },
          { text: "‹count› are more than one", isUsage: false },
          { text: "one is one and no more", isUsage: false },
        ],
      },
    ]);
  });

  it("has the mistakes in settings, and no description", () => {
    const [{ messages } = { messages: [] }] = messagesIn(root, ["components"]);
    assert.deepEqual(
      messages.map(({ text }) => text),
      [
        "expected megabytes, at least 1, got ‹what is there›",
        "expected sizes of things by name, got ‹what is there›",
        "‹name› is given twice",
      ],
    );
  });
});
