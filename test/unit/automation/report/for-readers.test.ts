import assert from "node:assert/strict";
import { forReaders } from "../../../../automation/report/for-readers";
import { knownHosts } from "../../../../automation/report/known-hosts";
import { renderPage } from "../../../../automation/report/page/page";
import type { StackReport } from "../../../../automation/report/stack-report";
import { knownSecrets } from "../../../../automation/terminal/known-secrets";
import { release, sampleReport } from "../../../support/stack/sample-report";

const HOSTS = ["web1.example.com", "nexus.example.com", "/run/docker.sock"];

/** A report whose `web1` can't be asked, which says so in its own words. */
const saying = (problem: string): StackReport =>
  sampleReport({ services: { found: [{ service: "blog", where: "web1", state: "unreachable", problem }] } });

const problemOf = ({ services }: StackReport) =>
  "found" in services ? services.found[0]!.problem : undefined;

describe("a report for readers", () => {
  it("has no secret in it, whichever part names one, in its page or its JSON", () => {
    const secret = "planted-Zq81Kv-in-a-report";
    knownSecrets.keep(secret);
    const planted = (value: unknown): unknown => {
      if (typeof value === "string") return `${value} ${secret} ${encodeURIComponent(secret)}`;
      if (Array.isArray(value)) return value.map(planted);
      if (typeof value !== "object" || value === null) return value;
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, planted(inner)]));
    };
    for (const hosts of [undefined, HOSTS]) {
      const report = forReaders(planted(sampleReport()) as StackReport, hosts);
      assert.ok(!JSON.stringify(report).includes(secret));
      assert.ok(!renderPage(report).includes(secret));
    }
  });

  for (const [said, shown] of [
    ["connect ECONNREFUSED 10.1.2.3:2376", "connect ECONNREFUSED [address]"],
    ["ssh://deploy@web1.example.com: no answer in 15 s", "[address] no answer in 15 s"],
    ["getaddrinfo ENOTFOUND web1.example.com", "getaddrinfo ENOTFOUND [address]"],
    ["Nexus at nexus.example.com:8081 said 502", "Nexus at [address] said 502"],
    ["connect to [fd00::1]:22 failed", "connect to [address] failed"],
    ["127.0.0.1:8081 refused", "[address] refused"],
    ["connect ENOENT /run/docker.sock (no such socket)", "connect ENOENT [address] (no such socket)"],
    ["its update of 2026-11-21 10:05:59 failed", "its update of 2026-11-21 10:05:59 failed"],
    ["Nexus 3.94.0 is too old for 1.2.3.4", "Nexus 3.94.0 is too old for 1.2.3.4"],
  ] as const)
    it(`says "${shown}" of "${said}"`, () => {
      assert.equal(problemOf(forReaders(saying(said), HOSTS)), shown);
      assert.equal(problemOf(forReaders(saying(said), undefined)), said);
    });

  it("has no field of addresses, a pipeline by its number, and names as they are", () => {
    const pipeline = "https://gitlab.example.com/team/blog/-/pipelines/71";
    const app = {
      app: "blog",
      releases: [release("10.0.0.1", "1", { pipeline })],
      back: [{ tag: "10.0.0.1" }],
    };
    const service = {
      service: "blog",
      state: "running",
      docker: "ssh://deploy@web1",
      image: "nexus:8082/blog@sha256:1",
      ports: ["0.0.0.0:80"],
    };
    const report = sampleReport({ services: { found: [service] }, apps: { found: [app] } });
    const plain = forReaders(report, []);
    assert.deepEqual(plain.services, { found: [{ service: "blog", state: "running" }] });
    const [shown] = "found" in plain.apps ? plain.apps.found : [];
    assert.deepEqual([shown?.releases[0]?.tag, shown?.releases[0]?.pipeline], ["10.0.0.1", "#71"]);
    assert.deepEqual(forReaders(report, undefined), report);
    assert.ok(renderPage(report).includes(`<a href="${pipeline}">pipeline #71</a>`));
    assert.ok(renderPage(report).includes("ssh://deploy@web1 0.0.0.0:80"));
  });

  it("knows the hosts that settings name, but for those that are a server's own name", () => {
    const settings = {
      nexus: {
        docker: "unix:///var/run/docker.sock",
        hostname: "nexus.internal",
        repositories: { hub: { proxy: "https://mirror.internal/v2" } },
        tls: { names: { docker: "images.internal" } },
      },
      gitlab: { url: "https://gitlab.internal/", registry: "registry.internal:5050" },
      servers: [
        { name: "web1", docker: "ssh://deploy@web1", address: "web1" },
        {
          name: "web2",
          docker: "tcp://10.0.0.7:2376",
          address: "shop.example.com",
          tls: { names: { shop: ["shop.internal", "old-shop.internal"] } },
        },
      ],
    } as unknown as Parameters<typeof knownHosts>[0];
    assert.deepEqual(knownHosts(settings).sort(), [
      "/var/run/docker.sock",
      "10.0.0.7",
      "gitlab.internal",
      "images.internal",
      "mirror.internal",
      "nexus.internal",
      "old-shop.internal",
      "registry.internal",
      "shop.example.com",
      "shop.internal",
    ]);
  });
});
