import assert from "node:assert/strict";
import type Docker from "dockerode";
import { madeLike } from "../../../../automation/services/one-off";
import { fakeStreams, fakeTerminal } from "../../../support/fake-terminal";

const running = {
  Config: {
    Image: "n:8082/shop@sha256:11",
    Env: ["MODE=production"],
    User: "app",
    WorkingDir: "/srv",
    Entrypoint: ["/entry"],
    Cmd: ["serve"],
    StopSignal: "SIGQUIT",
    StopTimeout: 30,
    Healthcheck: { Test: ["CMD", "true"] },
    Labels: { "berth.id": "ours", "berth.app": "shop", "berth.resource": "shop-web1-container" },
  },
  HostConfig: {
    NetworkMode: "default",
    Binds: ["secrets-1:/run/secrets:ro"],
    Memory: 1024,
    CapDrop: ["ALL"],
    RestartPolicy: { Name: "unless-stopped" },
    PortBindings: { "80/tcp": [{ HostPort: "80" }] },
  },
  NetworkSettings: { Networks: { "web1-network-1": {} } },
} as unknown as Docker.ContainerInspectInfo;

const made = (isTTY = false) => {
  const named = { name: "shop-web1-run-1", app: "shop", server: "web1" };
  return madeLike(running, {
    ...named,
    command: ["migrate"],
    terminal: isTTY ? fakeTerminal() : fakeStreams(),
  });
};

describe("a container for one command", () => {
  it("has what the running one was made with, through the same entry point", () => {
    const { Image, Env, User, WorkingDir, Entrypoint, Cmd, StopSignal, StopTimeout, HostConfig } = made();
    assert.deepEqual(
      { Image, Env, User, WorkingDir, Entrypoint, Cmd, StopSignal, StopTimeout },
      {
        Image: "n:8082/shop@sha256:11",
        Env: ["MODE=production"],
        User: "app",
        WorkingDir: "/srv",
        Entrypoint: ["/entry"],
        Cmd: ["migrate"],
        StopSignal: "SIGQUIT",
        StopTimeout: 30,
      },
    );
    assert.equal(
      HostConfig?.NetworkMode,
      "web1-network-1",
      "the app's network, and not Docker's default one",
    );
    assert.deepEqual(HostConfig?.Binds, ["secrets-1:/run/secrets:ro"]);
    assert.deepEqual([HostConfig?.Memory, HostConfig?.CapDrop], [1024, ["ALL"]]);
  });

  it("has nothing that only one that serves has, and goes by itself", () => {
    const { HostConfig, Healthcheck, Labels } = made();
    assert.deepEqual(HostConfig?.PortBindings, {});
    assert.deepEqual(HostConfig?.RestartPolicy, { Name: "no" });
    assert.equal(HostConfig?.AutoRemove, true);
    assert.deepEqual(Healthcheck, { Test: ["NONE"] });
    assert.deepEqual(Labels, {
      "berth.id": "ours",
      "berth.app": "shop",
      "berth.resource": "shop-web1-run",
      "berth.run": "web1",
    });
  });

  it("has a terminal of the size of ours where there is one, and then knows its kind", () => {
    const before = process.env["TERM"];
    process.env["TERM"] = "xterm-test";
    try {
      const { Tty, Env, HostConfig } = made(true);
      assert.deepEqual([Tty, Env?.at(-1), HostConfig?.ConsoleSize], [true, "TERM=xterm-test", [42, 101]]);
      assert.deepEqual([made().Tty, made().Env], [false, ["MODE=production"]]);
    } finally {
      if (before === undefined) delete process.env["TERM"];
      else process.env["TERM"] = before;
    }
  });
});
