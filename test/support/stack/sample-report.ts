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
            release("f342e05b7a91", "3", { runsOn: ["web1"] }),
            release("0ddba11c0ffe", "2", {
              result: "failed",
              when: "2026-11-20T09:00:00.000Z",
              who: "bob",
              pipeline: "#70",
            }),
            release("b0dc2294aa01", "1", { from: "dev", when: "2026-11-12T14:30:00.000Z", pipeline: "#64" }),
          ],
          back: [{ tag: "b0dc2294aa01", digest: digest("1"), when: "2026-11-12T14:30:00.000Z" }],
        },
      ],
    },
    ...over,
  };
}
