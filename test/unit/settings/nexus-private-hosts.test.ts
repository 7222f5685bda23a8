import assert from "node:assert/strict";
import { privateHosts } from "../../../components/settings/nexus/nexus-private-hosts";
import { parseSettings, type SettingsError } from "../../../components/settings/settings";

type Json = { readonly [key: string]: unknown };

const settingsOf = (nexus: Json) =>
  parseSettings({
    nexus: { hostname: "nexus.test", eula: "accepted", ...nexus },
    gitlab: { url: "http://gitlab.test", registry: "gitlab.test:5050", project: "team/site" },
    servers: {},
    apps: {},
  }).nexus;

const hostsOf = (nexus: Json) => privateHosts(settingsOf(nexus));
const proxy = (remote: string) => ({ format: "raw", type: "proxy", remote });

describe("the hosts that settings send Nexus to", () => {
  it("are those of remotes, of docker's indexes and of S3, as they are written", () => {
    const nexus = {
      repositories: {
        hub: { remote: "http://Registry.Corp:5000/v2", indexUrl: "https://index.corp" },
        gitlab: { remote: "http://10.0.0.5:5050" },
        six: proxy("http://[fd00::1]:80/files"),
        same: proxy("https://10.0.0.5/other"),
      },
      blobStores: {
        ours: { type: "s3", bucket: "b", endpoint: "http://minio:9000" },
        amazon: { type: "s3", bucket: "b" },
      },
      privateHosts: ["storage.corp", "10.0.0.9", "fd00::2"],
    };
    assert.deepEqual(hostsOf(nexus), {
      hosts: ["Registry.Corp", "index.corp", "10.0.0.5", "fd00::1", "minio"],
      allowed: ["storage.corp", "10.0.0.9", "fd00::2"],
    });
  });

  it("are allowed by their names where they are reached through a proxy, as Nexus can't look them up", () => {
    const { hosts, allowed } = hostsOf({
      repositories: { gitlab: { remote: "http://10.0.0.5:5050" } },
      outboundHttp: { httpsProxy: { host: "proxy.corp", port: 3128 } },
    })!;
    assert.deepEqual([hosts, allowed], [["10.0.0.5"], ["registry-1.docker.io"]]);
  });

  it("need no permission where there are none, or where the version asks for none", () => {
    assert.equal(hostsOf({ repositories: { hub: false, gitlab: false } }), undefined);
    const image = (tag: string) => hostsOf({ image: `sonatype/nexus3:${tag}` }) !== undefined;
    assert.deepEqual(["3.91.1", "3.92.0", "latest"].map(image), [false, true, true]);
  });

  it("are names and addresses, and never the one that Nexus asks in no case", () => {
    const given = ["http://minio", "minio:9000", "10.0.0.0/8", "abc:80", "169.254.169.254", "*.corp"];
    assert.throws(
      () => settingsOf({ privateHosts: [...given, "minio", "10.0.0.1", "fd00::1"] }),
      ({ problems }: SettingsError) => {
        const what = "expected a host name or an address, without scheme, port or range";
        assert.deepEqual(problems, [
          `berth:nexus.privateHosts.0: ${what}, got "http://minio"`,
          `berth:nexus.privateHosts.1: ${what}, got "minio:9000"`,
          `berth:nexus.privateHosts.2: ${what}, got "10.0.0.0/8"`,
          `berth:nexus.privateHosts.3: ${what}, got "abc:80"`,
          "berth:nexus.privateHosts.4: Nexus never asks 169.254.169.254, where clouds keep credentials",
          `berth:nexus.privateHosts.5: ${what}, got "*.corp"`,
        ]);
        return true;
      },
    );
  });
});
