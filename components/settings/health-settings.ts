import { z } from "zod";
import { expectation, expected, listOf, matching, port, seconds, text, whole, within } from "./fields";

/** `health` of an app: how it shows that it is fit for traffic. docs/deploy.md has examples. */

/** Seconds that one answer may take. */
const ANSWER_TIMEOUT = 5;

const times = {
  interval: seconds()
    .optional()
    .describe("Seconds between two looks. Without it: soon at first, then every 2."),
  timeout: seconds().default(ANSWER_TIMEOUT).describe("Seconds that one answer may take."),
  start: whole(0, "seconds, a whole number")
    .default(0)
    .describe("Seconds that a new container gets before the first look."),
};

/** Asked by http from where its requests will come from: any answer from 200 to 399 will do, as for Kubernetes. */
const byPath = z.strictObject({
  path: matching(/^\/\S*$/, "a path like /up").meta({
    description: "Asked by http from where its requests will come from: any answer from 200 to 399 will do.",
    examples: ["/up"],
  }),
  port: port().optional().describe("Port in the container that is asked. Without it: the app's `port`."),
  ...times,
});

const byCommand = z.strictObject({
  command: listOf(text("a word"), "a list of words")
    .min(1, expected("at least one word"))
    .meta({
      description: "Run in the container, with the rights of its user: exit code 0 will do.",
      examples: [["pg_isready"]],
    }),
  ...times,
});

export const healthSchema = z.union([z.literal("none"), byPath, byCommand], {
  error: ({ input }) => {
    const given = input as { path?: unknown; command?: unknown } | string | null | undefined;
    if (
      typeof given !== "object" ||
      given === null ||
      (given.path === undefined) === (given.command === undefined)
    )
      return expectation("none, or either path (asked by http) or command", input);
    return problemsOf(given.command === undefined ? byPath : byCommand, given);
  },
});

const STATUS_OR_TEXT = "a status or a text";

/** `smoke` of an app: a look after the switch, by the address that people use. */
export const smokeSchema = z.strictObject({
  path: matching(/^\/\S*$/, "a path like /up").describe("Path that is asked for through the edge."),
  expect: z
    .union([within(100, 599, STATUS_OR_TEXT), text(STATUS_OR_TEXT)], expected(STATUS_OR_TEXT))
    .optional()
    .describe("A status, or a text in the body. Without it: any status from 200 to 399."),
  timeout: seconds().default(30).describe("Seconds until it must be so."),
});

export type HealthSettings = z.infer<typeof healthSchema>;

/** Of the one that is meant: a union's own error tells nothing of the inside. */
function problemsOf(schema: z.ZodType, input: unknown): string {
  const { error } = schema.safeParse(input);
  const said = (error?.issues ?? []).flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => `${[...issue.path, key].join(".")}: no such setting`)
      : [`${issue.path.join(".")}: ${issue.message}`],
  );
  return said.join("; ");
}
