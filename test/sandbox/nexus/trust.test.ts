import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { NexusConfiguration } from "../../../components/nexus/nexus-configuration";
import { parseSettings } from "../../../components/settings/settings";
import { NEXUS_IMAGE } from "../../../sandbox/nexus/build";
import { Authority } from "../../support/http/authority";
import { InlineProject, type InlineStack } from "../../support/stack/inline-stack";
import { NexusStage } from "./harness";

/** Answers any path in https, as `remote`. */
const SERVER = `
const { CERTIFICATE: cert, KEY: key } = process.env;
require("node:https").createServer({ cert, key }, (request, response) => {
  response.writeHead(200, { "content-type": "text/plain" }).end("from the remote");
}).listen(8443);`;

describe("certificates of the settings, on a real Nexus", function () {
  this.timeout(600_000);
  const stage = new NexusStage(3);
  const project = new InlineProject("trust");
  const authority = new Authority();
  let stack: InlineStack;

  /** The program's own configuration of a Nexus, on one that is there already. */
  const program = () => {
    const [releases, cache, docker] = stage.more;
    const proxy = { format: "raw", type: "proxy", remote: "https://remote:8443/" };
    const nexus = {
      hostname: "127.0.0.1",
      image: NEXUS_IMAGE,
      port: stage.ports.http,
      allowDataLoss: true,
      certificates: { own: authority.root },
      repositories: {
        releases: { port: releases },
        cache: { port: cache },
        docker: { port: docker },
        gitlab: false,
        hub: { remote: "http://upstream:5000" },
        trusting: proxy,
        untrusting: { ...proxy, useTrustStore: false },
      },
    };
    const gitlab = { url: "http://gitlab.test", registry: "gitlab.test:5050", project: "team/blog" };
    const settings = parseSettings({ nexus, gitlab, servers: {}, apps: {} }).nexus;
    const url = pulumi.output(`http://127.0.0.1:${stage.ports.http}`);
    const host = { url, container: pulumi.output(stage.run), ca: undefined, access: { tls: false } };
    const { accounts } = new NexusConfiguration("registry", { host, settings });
    accounts["admin"]!.password.apply((password) => {
      if (!pulumi.runtime.isDryRun()) stage.password = password;
    });
  };

  before(async function () {
    await stage.startFor(this);
    const { certificate, key } = authority.issue(["remote"]);
    const env = [`CERTIFICATE=${readFileSync(certificate)}`, `KEY=${readFileSync(key)}`];
    await stage.docker([
      ...["run", "--detach", "--name", `${stage.run}-remote`, "--network", stage.run],
      ...["--network-alias", "remote", ...env.flatMap((one) => ["--env", one])],
      ...["--entrypoint", "/usr/bin/node", NEXUS_IMAGE, "-e", SERVER],
    ]);
    stack = await project.stack("dev");
  });

  after(async () => {
    await stage.docker(["rm", "--force", "--volumes", `${stage.run}-remote`]).catch(() => undefined);
    await stage.cleanUp();
    project.remove();
    authority.remove();
  });

  const get = async (repository: string) => {
    const authorization = `Basic ${Buffer.from(`admin:${stage.password}`).toString("base64")}`;
    const url = `http://127.0.0.1:${stage.ports.http}/repository/${repository}/file.txt`;
    const answer = await fetch(url, { headers: { authorization }, signal: AbortSignal.timeout(60_000) });
    return { status: answer.status, text: await answer.text() };
  };

  it("are used by a proxy with an https remote, unless it is kept from them", async () => {
    await stack.up(program);
    // First: later it could use a connection that the other one has opened.
    assert.equal((await get("untrusting")).status, 502);
    assert.deepEqual(await get("trusting"), { status: 200, text: "from the remote" });
  });

  it("leave nothing to do for the next preview, after a refresh too", async () => {
    await stack.refresh();
    assert.deepEqual(Object.keys(await stack.preview(program)), ["same"]);
  });
});
