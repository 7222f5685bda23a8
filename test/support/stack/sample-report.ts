import type { ReportedRelease, StackReport } from "../../../automation/report/stack-report";

export const digest = (digit: string) => `sha256:${digit.repeat(64)}`;

export const release = (
  tag: string,
  digit: string,
  over: Partial<ReportedRelease> = {},
): ReportedRelease => ({
  tag,
  digest: digest(digit),
  commit: "f342e05b7a91c3d2e4f5a6b7c8d9e0f1a2b3c4d5",
  when: "2026-11-21T10:05:59.000Z",
  who: "ann",
  pipeline: "#71",
  result: "succeeded",
  runsOn: [],
  ...over,
});

/** A stack as there are many: an app on two servers, of which one isn't well. */
export function sampleReport(over: Partial<StackReport> = {}): StackReport {
  return {
    project: "shop",
    stack: "prod",
    made: "2026-11-30T16:09:22.000Z",
    services: {
      found: [
        { service: "nexus", state: "running", since: "2026-10-02T08:00:00.000Z" },
        {
          service: "web1/blog",
          app: "blog",
          where: "web1",
          state: "running",
          tag: "f342e05b7a91",
          digest: digest("3"),
          since: "2026-11-21T10:05:59.000Z",
        },
        {
          service: "web2/blog",
          app: "blog",
          where: "web2",
          state: "unreachable",
          problem: "no answer in 15 s",
        },
      ],
    },
    apps: {
      found: [
        {
          app: "blog",
          releases: [
            release("f342e05b7a91", "3", {
              runsOn: ["web1"],
              registries: [{ where: "Nexus", digest: digest("3") }],
            }),
            release("0ddba11c0ffe", "2", {
              result: "failed",
              when: "2026-11-20T09:00:00.000Z",
              who: "bob",
              pipeline: "#70",
            }),
            release("b0dc2294aa01", "1", {
              from: "dev",
              when: "2026-11-12T14:30:00.000Z",
              pipeline: "#64",
              registries: [{ where: "Nexus", digest: digest("1") }],
            }),
          ],
          back: [{ tag: "b0dc2294aa01", digest: digest("1"), when: "2026-11-12T14:30:00.000Z" }],
        },
      ],
    },
    registries: [
      {
        where: "GitLab",
        holds: { problem: "Looking at the tags in GitLab's registry takes a token: set BERTH_GITLAB_TOKEN" },
      },
      {
        where: "Nexus",
        holds: {
          found: [
            {
              app: "blog",
              releases: 12,
              bytes: 1_840_200_000,
              foreign: 1,
              cleanup: { found: { tags: ["aaaaaaaaaaaa", "bbbbbbbbbbbb"], bytes: 302_000_000 } },
            },
          ],
        },
      },
    ],
    nexus: {
      found: {
        repositories: [
          {
            name: "releases",
            format: "docker",
            type: "hosted",
            online: true,
            blobStore: "images",
            content: { found: { components: 12, bytes: 1_840_200_000, more: false } },
          },
          {
            name: "pypi",
            format: "pypi",
            type: "proxy",
            online: false,
            blobStore: "default",
            content: { problem: "GET [address] 502" },
          },
          { name: "docker", format: "docker", type: "group", online: true, blobStore: "images" },
        ],
        limits: [
          { what: "Nexus: limits", state: "warn", text: "33120 of 40000 components" },
          {
            what: "Nexus: blob store images",
            state: "ok",
            text: "40.1 GB free on its disk, within its quota",
          },
        ],
      },
    },
    certificates: {
      found: [
        { what: "GitLab", state: "ok", text: "good for 61 days, until 2027-01-30" },
        { what: "web1", state: "warn", text: "good for 9 days, until 2026-12-09" },
      ],
    },
    drift: {
      found: {
        when: "2026-11-30T03:00:12.000Z",
        resources: [
          { name: "blog-web1-container", state: "changed", properties: ["restart", "envs[0]"] },
          { name: "jars", state: "gone", properties: [] },
        ],
        unseen: [{ why: "web2 does not answer", count: 3 }],
      },
    },
    ...over,
  };
}
