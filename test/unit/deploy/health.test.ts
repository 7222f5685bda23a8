import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import { type HealthWish, untilHealthy } from "../../../components/deploy/health";
import { dockerHost } from "../../../components/docker/docker-host";
import { tarOf } from "../../../components/docker/tar";
import { healthSchema } from "../../../components/settings/health-settings";
import { type DockerScript, scriptedDocker } from "../../support/docker/scripted-docker";
import { inEdgeShell } from "../../support/edge/edge-shell";
import { freePort } from "../../support/free-port";

const running = { Running: true, StartedAt: "1" };
/** Seconds: enough for some looks. */
const limits = { seconds: 30, steady: 1 };

/** A container `app` whose port is one of this machine, asked from the container `edge`, whose commands are run here. */
async function withApp<T>(
  script: Partial<DockerScript>,
  port: number,
  work: (
    healthy: (wish?: HealthWish, over?: object) => ReturnType<typeof untilHealthy>,
    execs: string[],
  ) => Promise<T>,
): Promise<T> {
  const asked: string[] = [];
  const docker = await scriptedDocker({
    state: () => running,
    ...script,
    exec: (container, exec) => {
      asked.push(container);
      return container === "edge" ? inEdgeShell(exec) : script.exec!(container, exec);
    },
  });
  const client = dockerHost(docker.address);
  const where = {
    edge: client.getContainer("edge"),
    container: "127.0.0.1",
    port,
    host: "a.test",
    scheme: "http",
  } as const;
  try {
    return await work(
      (wish = {}, over = {}) =>
        untilHealthy(client, "app", { asked: where, ...wish }, { ...limits, ...over }),
      asked,
    );
  } finally {
    docker.close();
  }
}

/** Answers with the given statuses, one after the other, and then with the last one. */
async function answering(port: number, ...statuses: number[]): Promise<Server> {
  const server = createServer((_request, response) => {
    const status = statuses.length > 1 ? statuses.shift()! : statuses[0]!;
    response.writeHead(status).end(status === 503 ? "no database" : "");
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return server;
}

describe("waiting until a container is healthy", () => {
  let server: Server | undefined;
  let port: number;
  beforeEach(async () => {
    port = await freePort();
  });
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
    server = undefined;
  });

  const check = (given: object) => ({ check: healthSchema.parse(given) });

  describe("that has no check", () => {
    it("waits until its port takes connections, and goes on doing so for a while", async () => {
      let looks = 0;
      const state = () => {
        looks += 1;
        if (looks === 3) void answering(port, 404).then((one) => (server = one));
        return running;
      };
      const found = await withApp({ state }, port, (healthy) => healthy());
      assert.equal(found, undefined);
      assert.ok(looks > 4, "one connection was not enough");
    });

    it("begins anew with a container that was started again in between", async () => {
      server = await answering(port, 200);
      const starts: string[] = [];
      const state = (_container: string, look: number) => {
        starts.push(look < 4 ? `${look}` : "last");
        return { ...running, StartedAt: starts.at(-1) };
      };
      assert.equal(await withApp({ state }, port, (healthy) => healthy()), undefined);
      assert.ok(starts.filter((start) => start === "last").length > 1);
    });

    it("gives up on one that crashes again and again, though its port took connections", async () => {
      server = await answering(port, 200);
      let RestartCount = 0;
      const state = (_container: string, look: number) => {
        RestartCount = Math.floor(look / 2);
        return look % 2
          ? { ...running, StartedAt: `${look}` }
          : { Running: true, Restarting: true, ExitCode: 1 };
      };
      const script = {
        state,
        inspection: {
          get RestartCount() {
            return RestartCount;
          },
        },
        logs: "ModuleNotFoundError: No module named 'blog'\n",
      };
      const found = await withApp(script, port, (healthy) => healthy());
      assert.match(found!.why, /^stopped 5 times, the last time with exit code 1$/);
      assert.match(found!.log, /No module named 'blog'/);
    });

    it("says what its port did, and what may be wrong with it", async () => {
      const found = await withApp({ logs: "listening on 127.0.0.1" }, port, (healthy) =>
        healthy({}, { seconds: 1 }),
      );
      assert.equal(found!.why, "is not healthy after 1 s");
      assert.equal(
        found!.said,
        `It has no health check, and its port ${port} takes no connection from the edge proxy's network: ` +
          "connection refused. Does it listen on that port, and on 0.0.0.0?",
      );
    });

    it("and serves nobody by itself: it has to go on running", async () => {
      const state = (_container: string, look: number) =>
        look < 3 ? running : { ...running, Running: false, ExitCode: 3 };
      const steady = await withApp({}, port, (healthy) => healthy({ asked: undefined } as object));
      assert.equal(steady, undefined);
      const found = await withApp({ state, logs: "" }, port, (healthy) =>
        healthy({ asked: undefined } as object),
      );
      assert.equal(found!.why, "stopped with exit code 3");
    });
  });

  it("asks by http, from the edge, what the settings say, whatever the image's own check says", async () => {
    server = await answering(port, 503, 503, 302);
    const state = () => ({ ...running, Health: { Status: "unhealthy", Log: [] } });
    const asked = await withApp({ state }, port, async (healthy, execs) => {
      assert.equal(await healthy(check({ path: "/up" })), undefined);
      return execs;
    });
    assert.deepEqual(asked, ["edge", "edge", "edge"]);
  });

  it("tells what it answered, without the secrets of the app", async () => {
    server = await answering(port, 503);
    const secrets = await tarOf([{ name: "secrets/A", content: "no database", mode: 0o400, uid: 1, gid: 1 }]);
    const said = async (script: Partial<DockerScript>) =>
      (await withApp({ logs: "", ...script }, port, (healthy) =>
        healthy(check({ path: "/up" }), { seconds: 0 }),
      ))!.said;
    const words = `Asked for /up on port ${port}, from the edge proxy's network, it last said: 503`;
    assert.equal(await said({}), `${words} no database`);
    assert.equal(await said({ secrets }), `${words} [secret]`);
  });

  it("runs in the container the command that the settings say, until its exit code is 0", async () => {
    const commands: string[][] = [];
    const exec: DockerScript["exec"] = (_container, { command }) => {
      commands.push(command);
      return { exitCode: commands.length < 3 ? 1 : 0, output: "not yet\n" };
    };
    const wish = check({ command: ["check", "--all"] });
    assert.equal(await withApp({ exec }, port, (healthy) => healthy(wish)), undefined);
    assert.deepEqual(commands, Array(3).fill(["check", "--all"]));
    const failing: DockerScript["exec"] = () => ({ exitCode: 1, output: "not yet\n" });
    const found = await withApp({ exec: failing, logs: "" }, port, (healthy) =>
      healthy(wish, { seconds: 0 }),
    );
    assert.equal(found!.said, "Its health check last said: not yet");
  });

  it("asks for no check where the settings say none, only for its port", async () => {
    server = await answering(port, 500);
    const state = () => ({ ...running, Health: { Status: "unhealthy", Log: [] } });
    const found = await withApp({ state }, port, (healthy) => healthy({ check: "none" }));
    assert.equal(found, undefined);
  });

  it("waits for Docker's own run of the image's check where a list of what runs is to say the same", async () => {
    const inspection = { Config: { Healthcheck: { Test: ["CMD", "check"] } } };
    const looks = async (wish: HealthWish, until = 4, over: object = {}) => {
      let count = 0;
      const state = (_container: string, look: number) => {
        count = look;
        return { ...running, Health: { Status: look < until ? "starting" : "healthy" } };
      };
      const exec: DockerScript["exec"] = () => ({ exitCode: 0, output: "" });
      assert.equal(
        await withApp({ state, inspection, exec }, port, (healthy) => healthy(wish, over)),
        undefined,
      );
      return count;
    };
    assert.deepEqual([await looks({}), await looks({ listed: true })], [1, 4]);
    assert.equal(
      await looks({ listed: true }, 9, { seconds: -1 }),
      1,
      "the check has passed: that Docker is slow is no failure",
    );
  });

  describe("whose program can't be started: the reason is told", () => {
    const state = () => ({ Running: false, ExitCode: 1 });
    const reason = async (logs: string, over: Partial<DockerScript> = {}) =>
      (await withApp({ state, logs, ...over }, port, (healthy) => healthy()))!.reason;

    it("an image for another kind of machine", async () => {
      const about = {
        image: { Os: "linux", Architecture: "arm64" },
        version: { Os: "linux", Arch: "amd64" },
      };
      assert.equal(
        await reason("exec /app: exec format error\n", about),
        "The image is for linux/arm64, this server is amd64: it takes one for linux/amd64.",
      );
      const old = "standard_init_linux.go:228: exec user process caused: exec format error";
      assert.match((await reason(old, about))!, /for linux\/arm64/);
    });

    it("a program for another kind of machine in an image for this one, or nothing known of the image", async () => {
      const about = {
        image: { Os: "linux", Architecture: "amd64" },
        version: { Os: "linux", Arch: "amd64" },
      };
      for (const over of [about, {}])
        assert.match(
          (await reason("exec /run.sh: exec format error\n", over))!,
          /a script whose first line names no program/,
        );
    });

    it("a program that isn't there, or may not be run", async () => {
      assert.match(
        (await reason("exec /entry.sh: no such file or directory\n"))!,
        /isn't in the image, or .* Windows/,
      );
      const error =
        'unable to start container process: exec: "nope": executable file not found in $PATH: unknown';
      const created = () => ({ Running: false, ExitCode: 127, Error: error });
      assert.match((await reason("", { state: created }))!, /^Its program isn't in the image/);
      assert.match((await reason("exec /app: permission denied\n"))!, /chmod \+x/);
    });

    it("and nothing of it where the program ran and could not start another one", async () => {
      assert.equal(
        await reason("OSError: [Errno 8] Exec format error: './tool'\nopen x: no such file or directory"),
        undefined,
      );
    });
  });
});
