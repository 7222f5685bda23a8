import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import type { ReferrerLoss } from "../../../components/registry/copy/referrer-losses";
import { Republish, type RepublishArgs } from "../../../components/release/republish";
import { ScriptedRegistry } from "../../support/registry/scripted-registry";
import { setMocks } from "../../support/stack/mocked-pulumi";
import { run } from "../../support/stack/sandbox";

const DIGEST = `sha256:${"1".repeat(64)}`;
const SOURCE = `gitlab.test:5050/team/site/blog@${DIGEST}`;
const PASSWORD = "hunter2";

interface Command {
  readonly name: string;
  readonly inputs: {
    readonly create: string;
    readonly update: string;
    readonly environment: Record<string, string>;
  };
}

describe("Republish", () => {
  const account = (username: string) => ({ username, password: pulumi.output(PASSWORD) });

  /** @param copied what the copy says */
  async function make(more: Partial<RepublishArgs> = {}, copied: object = { digest: DIGEST }) {
    const commands: Command[] = [];
    const mocks: pulumi.runtime.Mocks = {
      newResource: ({ type, name, inputs }) => {
        if (type !== "command:local:Command") return { id: name, state: inputs };
        commands.push({ name, inputs });
        return { id: name, state: { ...inputs, stdout: JSON.stringify(copied) } };
      },
      call: ({ inputs }) => inputs,
    };
    await setMocks(mocks, "berth", "test", false, "organization");
    const args = {
      source: SOURCE,
      target: "nexus.test:8082/blog",
      tag: "1.4",
      pusher: account("pusher"),
      access: { tls: false },
      ...more,
    };
    const released = new Republish("blog", args);
    const known = pulumi.all([released.reference, released.lostReferrers]);
    const [reference, lost] = await new Promise<[string, readonly ReferrerLoss[] | undefined]>((resolve) =>
      known.apply(resolve),
    );
    assert.equal(commands.length, 1);
    return { command: commands[0]!, reference, lost };
  }

  it("is one command, whose text has neither the image nor a login in it", async () => {
    const { command, reference } = await make();
    assert.equal(command.name, "blog-copy");
    assert.equal(
      command.inputs.create,
      'node automation/berth.cjs copy --json --progress --if-missing "$BERTH_SOURCE" "$BERTH_TARGET"',
    );
    assert.equal(command.inputs.update, command.inputs.create);
    assert.equal(reference, `nexus.test:8082/blog@${DIGEST}`);
  });

  it("hands images and logins over in the environment, and leaves a job's own login to be inherited", async () => {
    const { command } = await make();
    assert.deepEqual(command.inputs.environment, {
      BERTH_SOURCE: SOURCE,
      BERTH_TARGET: "nexus.test:8082/blog:1.4",
      BERTH_TARGET_USERNAME: "pusher",
      BERTH_TARGET_PASSWORD: PASSWORD,
      BERTH_INSECURE: "nexus.test:8082",
      BERTH_SECURE: "",
      BERTH_CA: "",
    });
  });

  it("reads another Nexus with the account that is given for it", async () => {
    const { environment } = (await make({ reader: account("puller") })).command.inputs;
    assert.equal(environment["BERTH_SOURCE_USERNAME"], "puller");
    assert.equal(environment["BERTH_SOURCE_PASSWORD"], PASSWORD);
  });

  it("speaks to each of two Nexuses as it wants, and trusts the authorities of both", async () => {
    const access = { tls: true, ca: "prod's PEM" };
    const sourceAccess = { tls: pulumi.output(true), ca: pulumi.output("dev's PEM") };
    const source = `dev.test:8082/blog@${DIGEST}`;
    const { environment } = (await make({ access, source, sourceAccess })).command.inputs;
    assert.equal(environment["BERTH_INSECURE"], "");
    assert.equal(environment["BERTH_SECURE"], "dev.test:8082,nexus.test:8082");
    assert.equal(environment["BERTH_CA"], "dev's PEM\nprod's PEM");
    const mixed = (await make({ access, source, sourceAccess: { tls: false } })).command.inputs.environment;
    assert.deepEqual(
      [mixed["BERTH_INSECURE"], mixed["BERTH_SECURE"], mixed["BERTH_CA"]],
      ["dev.test:8082", "nexus.test:8082", "prod's PEM"],
    );
  });

  it("is a command that a shell runs as it stands: the result on standard output, progress beside it", async () => {
    const [source, target] = await Promise.all([
      new ScriptedRegistry().start(),
      new ScriptedRegistry().start(),
    ]);
    const digest = source.addImage("team/blog", ["a layer"]);
    const args = {
      source: `${source.host}/team/blog@${digest}`,
      target: `${target.host}/blog`,
    };
    const { create, environment } = (await make(args)).command.inputs;
    const ran = await run(["/bin/sh", "-c", create], { ...process.env, ...environment });
    await Promise.all([source.stop(), target.stop()]);
    assert.equal(ran.code, 0, ran.stderr);
    assert.equal((JSON.parse(ran.stdout) as { digest: string }).digest, digest);
    assert.equal(ran.stderr, "Copying blobs: 2 of 2, 0.0 kB\n");
    assert.equal(target.tagged("blog", "1.4"), digest);
  });

  it("copies an image whose list of referrers names what is gone, warns of it, and keeps the loss for the outputs", async () => {
    const [source, target] = await Promise.all([
      new ScriptedRegistry().start(),
      new ScriptedRegistry().start(),
    ]);
    const digest = source.addImage("team/blog", ["a layer"]);
    const gone = `sha256:${"0".repeat(64)}`;
    const list = [{ mediaType: "application/vnd.oci.image.manifest.v1+json", digest: gone, size: 1 }];
    const index = { schemaVersion: 2, mediaType: "application/vnd.oci.image.index.v1+json", manifests: list };
    source.addManifest("team/blog", index, digest.replace(":", "-"));
    const args = { source: `${source.host}/team/blog@${digest}`, target: `${target.host}/blog` };
    const { create, environment } = (await make(args)).command.inputs;
    const ran = await run(["/bin/sh", "-c", create], { ...process.env, ...environment });
    await Promise.all([source.stop(), target.stop()]);
    assert.equal(ran.code, 0, ran.stderr);
    assert.equal(target.tagged("blog", "1.4"), digest);
    assert.match(
      ran.stderr,
      new RegExp(`^Warning: ${gone}, which refers to ${digest}, is lost: GET http`, "m"),
    );
    const { lost } = await make(args, JSON.parse(ran.stdout));
    assert.deepEqual(
      lost?.map(({ subject, referrers }) => [subject, referrers]),
      [[digest, [gone]]],
    );
    assert.equal((await make()).lost, undefined);
  });

  it("needs its source no more once the target has the image by digest and tag", async () => {
    const [source, target] = await Promise.all([
      new ScriptedRegistry().start(),
      new ScriptedRegistry().start(),
    ]);
    const digest = source.addImage("team/blog", ["a layer"]);
    const args = { source: `${source.host}/team/blog@${digest}`, target: `${target.host}/blog` };
    const { create, environment } = (await make(args)).command.inputs;
    const copy = () => run(["/bin/sh", "-c", create], { ...process.env, ...environment });
    const first = await copy();
    await source.stop();
    const again = await copy();
    await target.stop();
    assert.equal(first.code, 0, first.stderr);
    assert.equal(again.code, 0, again.stderr);
    const { tag, blobs, manifests } = JSON.parse(again.stdout);
    assert.deepEqual([tag, blobs.present, manifests.present], ["unchanged", 2, 1]);
  });
});
