import assert from "node:assert/strict";
import { once } from "node:events";
import { PassThrough } from "node:stream";
import { lineTerminal } from "../../../../automation/init/answers";
import { CommandError } from "../../../../automation/terminal/exit";
import { changesIn, initIn, makeRepository, removeRepository } from "./repositories";

/** A terminal that somebody types on: each question that is said gets the next answer. `undefined` closes it. */
function typing(...answers: (string | undefined)[]) {
  const [input, output] = [new PassThrough(), new PassThrough()];
  let said = "";
  output.on("data", (chunk: Buffer) => {
    said += chunk;
    if (!/: $/.test(said) || answers.length === 0) return;
    const answer = answers.shift();
    if (answer === undefined) input.end();
    else input.write(`${answer}\n`);
  });
  return { terminal: lineTerminal(input, output, false), said: () => said, left: () => answers };
}

describe("berth init on a terminal", () => {
  let root = "";
  beforeEach(() => {
    root = makeRepository({ Dockerfile: "FROM a\n", "manage.py": "" });
  });
  afterEach(() => removeRepository(root));

  it("asks what the repository doesn't tell, takes Enter for what is usual, and asks again for what can't be", async () => {
    const { terminal, said, left } = typing(
      ...["gitlab", "https://gitlab.example.com/", "team/shop", ""],
      ...["", "", "ssh://deploy@web1.example.com", "", "yes"],
    );
    const { files } = await initIn(root, { terminal });
    terminal.close();
    assert.deepEqual(left(), []);
    assert.equal(
      said(),
      [
        "Address of your GitLab: " + '  expected an address like https://example.com, got "gitlab"',
        "Address of your GitLab: Path of its project, group/name: " +
          "Its container registry, host:port [registry.example.com]: " +
          "Port on which shop listens in its container [8000]:   1  unix:///var/run/docker.sock",
        "Docker that runs dev: its Nexus and the app [unix:///var/run/docker.sock]:   1  unix:///var/run/docker.sock",
        "Docker that runs prod, on a machine of its own if you have one [unix:///var/run/docker.sock]: " +
          "Berth's pipeline in your GitLab (PROJECT/berth@VERSION of a component, or a URL or a path of berth.yml) " +
          "[platform/berth/berth@0.1.0]: " +
          "Nexus needs Sonatype's licence, https://links.sonatype.com/products/nxrm/ce-eula. Do you accept it? [y/N]: ",
      ].join("\n"),
    );
    const text = (name: string) => files.find((file) => file.name === `deploy/${name}`)?.text ?? "";
    assert.match(text("Pulumi.dev.yaml"), /url: https:\/\/gitlab\.example\.com\n/);
    assert.match(text("Pulumi.dev.yaml"), /port: 8000 /);
    assert.match(text("Pulumi.prod.yaml"), /hostname: web1\.example\.com /);
  });

  const given = {
    gitlab: "https://gitlab.example.com",
    project: "team/shop",
    registry: "r.example.com",
    port: "1",
  };

  it("takes a choice by its number, and asks nothing that an option says", async () => {
    const env = { DOCKER_HOST: "tcp://box.example.com:2375" };
    const { terminal, said } = typing("1", "1", "y");
    const pipeline = "platform/berth/berth@1";
    const { files } = await initIn(root, { given: { ...given, pipeline }, env, terminal });
    terminal.close();
    assert.equal(said().match(/: (?= {2}1|Docker|Nexus|$)/g)?.length, 3);
    assert.match(files.find(({ name }) => name.endsWith("prod.yaml"))?.text ?? "", /docker: tcp:\/\/box/);
  });

  const refused = async (...answers: (string | undefined)[]) => {
    const { terminal } = typing(...answers);
    const error = await initIn(root, { given, terminal }).catch((thrown: unknown) => thrown);
    assert.ok(error instanceof CommandError, String(error));
    assert.deepEqual(changesIn(root), []);
    return `${error.exit} ${error.message}`;
  };

  it("writes nothing for somebody who doesn't accept Nexus's licence, and says why", async () => {
    assert.equal(
      await refused("", "", "", ""),
      "1 Nexus serves nothing until its licence is accepted. Nothing was written.",
    );
  });

  it("ends where the terminal is closed before all is answered", async () => {
    assert.equal(
      await refused("", undefined),
      "1 The terminal was closed before all was answered; nothing was written.",
    );
  });

  it("ends by Ctrl-C with the code of an interrupted run", async () => {
    const [input, output] = [new PassThrough(), new PassThrough()];
    const terminal = lineTerminal(input, output, true);
    const run = initIn(root, { given, terminal }).catch((thrown: unknown) => thrown);
    await once(output, "data");
    input.write("\u0003");
    const error = await run;
    assert.ok(error instanceof CommandError);
    assert.deepEqual([error.exit, error.message], [130, "stopped; nothing was written"]);
  });
});
