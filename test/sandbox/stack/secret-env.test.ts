import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import type Docker from "dockerode";
import { runInteractively } from "../../../automation/services/interactive";
import { runOneOff } from "../../../automation/services/one-off";
import type { ContainerStart } from "../../../components/deploy/secret-env/secret-env";
import { providers } from "../../../components/deploy/secret-volume";
import { filesOf, tarOf } from "../../../components/docker/tar";
import { dockerAt, standardSocket } from "../../../sandbox/docker/client";
import { fakeStreams } from "../../support/fake-terminal";
import { needsDocker } from "../../support/stack/own-sandbox";
import { BASE, importBase, RUN, removeImages } from "../providers/harness";

const HOST = `unix://${standardSocket}`;
const IMAGE = `${RUN}-shell-less:1`;
const KEY = "-----BEGIN KEY-----\nline=2 ü\n\n";

/** Its one file is a program, which no name of a shell leads to. */
describe("secrets as variables, in an image without a shell", function () {
  this.timeout(600_000);
  let docker: Docker;
  let start: ContainerStart;
  let app: Docker.Container | undefined;
  let volume = "";

  before(async function () {
    await needsDocker(this);
    docker = dockerAt(standardSocket);
    await importBase();
    await importShellLess();
    const want = { docker: HOST, image: IMAGE, labels: { "berth.resource": `${RUN}-secrets` } };
    const values = { KEY, OTHER: "not asked for" };
    const { outs } = await providers.SecretVolume.create({ ...want, values, variables: ["KEY"] });
    ({ volume } = outs);
    start = outs as ContainerStart;
    app = await docker.createContainer({
      Image: IMAGE,
      Entrypoint: [...start.entrypoint],
      Cmd: [...start.command!],
      Env: ["MODE=production"],
      Labels: { "berth.resource": `${RUN}-container` },
      HostConfig: {
        Init: true,
        ReadonlyRootfs: true,
        Binds: [`${volume}:/run/secrets:ro`],
        CapDrop: ["ALL"],
        NetworkMode: "none",
      },
    });
    await app.start();
  });

  after(async () => {
    if (!docker) return;
    await app?.remove({ force: true });
    if (volume) await providers.SecretVolume.delete(volume, { docker: HOST });
    await docker.getImage(IMAGE).remove({ force: true });
    await removeImages();
  });

  async function importShellLess(): Promise<void> {
    const lender = await docker.createContainer({ Image: BASE, Cmd: ["/bin/sh"] });
    const chunks: Buffer[] = [];
    for await (const chunk of await lender.getArchive({ path: "/bin/busybox" }))
      chunks.push(Buffer.from(chunk));
    await lender.remove();
    const content = (await filesOf(Buffer.concat(chunks))).get("busybox")!;
    const [repo, tag] = IMAGE.split(":") as [string, string];
    const changes = ["USER 1234:4321", 'ENTRYPOINT ["/busybox"]', 'CMD ["sleep", "300"]', `LABEL run=${RUN}`];
    const archive = await tarOf([{ name: "busybox", mode: 0o755, content }]);
    const progress = await docker.importImage(Readable.from([archive]), { repo, tag, changes });
    for await (const _ of progress) {
      // Read to the end: the image is there then.
    }
  }

  const place = () => ({ service: "shop", app: "shop", server: "web1", docker: HOST });

  async function said(work: (terminal: ReturnType<typeof fakeStreams>) => Promise<number>) {
    const terminal = fakeStreams();
    terminal.input.end();
    const code = await work(terminal);
    return {
      code,
      output: String(terminal.output.read() ?? ""),
      errors: String(terminal.errors.read() ?? ""),
    };
  }
  const run = (...command: string[]) =>
    said((terminal) => runOneOff({ ...place(), like: app!.id, command, terminal }));
  const shell = (...command: string[]) =>
    said((terminal) => runInteractively({ ...place(), container: app!.id, command, terminal }));

  it("the program has them, byte for byte; whoever looks at the container sees their names", async () => {
    const found = await app!.inspect();
    assert.deepEqual(found.Config.Entrypoint, ["/run/secrets/.secret-env", "KEY", "--", "/busybox"]);
    assert.deepEqual([found.Config.Cmd, found.Config.User], [["sleep", "300"], "1234:4321"]);
    assert.ok(!JSON.stringify(found).includes("BEGIN"));
    const top = await app!.top({ ps_args: "-eo pid,args" });
    assert.ok(!JSON.stringify(top).includes("BEGIN"));
    const environ = await run("cat", "/proc/self/environ");
    assert.equal(environ.code, 0, environ.errors);
    const variables = environ.output.split("\0");
    assert.ok(variables.includes(`KEY=${KEY}`));
    assert.ok(variables.includes("MODE=production"));
    assert.ok(!environ.output.includes("not asked for"));
  });

  it("a command in the running container has them as well", async () => {
    const { code, output } = await shell("/busybox", "env");
    assert.equal(code, 0);
    assert.ok(output.includes(`KEY=${KEY}`));
  });

  it("the program and the files are its user's alone", async () => {
    const { output } = await shell(
      "/busybox",
      "stat",
      "-c",
      "%a %u:%g",
      "/run/secrets/.secret-env",
      "/run/secrets/KEY",
    );
    assert.equal(output, "500 1234:4321\n400 1234:4321\n");
  });

  it("an app that ignores nothing gets its signals, and what can't be started is told as Docker tells it", async () => {
    const gone = await run("no-such-applet");
    assert.equal(gone.code, 127);
    const wrong = await shell("/no/such");
    assert.deepEqual([wrong.code, wrong.errors], [127, "exec /no/such: no such file or directory\n"]);
    await app!.kill({ signal: "TERM" });
    for (let tries = 0; (await app!.inspect()).State.Running && tries < 100; tries++) await pause(50);
    assert.equal((await app!.inspect()).State.ExitCode, 143);
  });
});
