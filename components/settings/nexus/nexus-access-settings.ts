import { z } from "zod";
import * as field from "../fields";
import { adoptable, description } from "./nexus-content-settings";
import { NEXUS_FORMATS } from "./nexus-formats";

/** Who may do what in a Nexus: content selectors, privileges, roles and accounts of `berth:nexus`. */

export const contentSelector = z.strictObject({
  expression: field.text('a CSEL expression like format == "docker"').meta({
    description: "What it selects, in Sonatype's CSEL.",
    examples: ['format == "docker"'],
  }),
  ...adoptable,
  description,
});

const actionsOf = <const T extends readonly string[]>(...actions: T) =>
  field
    .listOf(field.oneOf(...actions), "a list of actions")
    .min(1, field.expected("at least one action"))
    .describe("What it allows.");
const described = { description, ...adoptable };
const ofRepository = {
  ...described,
  actions: actionsOf("READ", "BROWSE", "EDIT", "ADD", "DELETE", "ALL"),
  format: field.oneOf(...NEXUS_FORMATS).describe("Format of the repositories; `*`: every one."),
  repository: field
    .text("a repository, or *")
    .default("*")
    .describe("A repository by its name, or `*` for all of that format."),
};
export const privilege = z.discriminatedUnion(
  "type",
  [
    z.strictObject({
      type: z.literal("wildcard").describe("A right by a pattern of Nexus's own names of rights."),
      ...described,
      pattern: field
        .text("a pattern like nexus:blobstores:*")
        .meta({ description: "The rights that it gives.", examples: ["nexus:blobstores:*"] }),
    }),
    z.strictObject({
      type: z.literal("application").describe("A right in a part of Nexus itself."),
      ...described,
      actions: actionsOf(
        "READ",
        "EDIT",
        "ADD",
        "DELETE",
        "START",
        "STOP",
        "ASSOCIATE",
        "DISASSOCIATE",
        "ALL",
      ),
      domain: field
        .text("a domain like blobstores")
        .meta({ description: "The part of Nexus.", examples: ["blobstores"] }),
    }),
    z.strictObject({
      type: z.literal("repository-view").describe("A right to the content of repositories."),
      ...ofRepository,
    }),
    z.strictObject({
      type: z.literal("repository-admin").describe("A right to the settings of repositories."),
      ...ofRepository,
    }),
    z.strictObject({
      type: z
        .literal("repository-content-selector")
        .describe("A right to what a content selector selects of repositories."),
      ...ofRepository,
      contentSelector: field.objectName().describe("The content selector, by its name."),
    }),
  ],
  field.unionOf("wildcard, application, repository-view, repository-admin or repository-content-selector"),
);

/** What a role or an account may do, by repository. */
const grants = {
  pull: field.names("repositories").default([]).describe("Repositories that it reads."),
  push: field.names("repositories").default([]).describe("Hosted repositories that it reads and adds to."),
  delete: field.names("repositories").default([]).describe("Repositories that it reads and deletes from."),
  privileges: field
    .listOf(field.text("a privilege"), "a list of privileges")
    .default([])
    .describe("Privileges besides, by their names in Nexus."),
  roles: field
    .listOf(field.text("a role"), "a list of roles")
    .default([])
    .describe("Roles besides, by their names in Nexus."),
  ...adoptable,
};
export const role = z.strictObject({ description, ...grants });
export const account = z.strictObject({
  purpose: field
    .text("a text")
    .default("made by Berth")
    .describe("What it is for; its last name in Nexus's pages."),
  password: field
    .secret("a password", "nexus.accounts.<name>.password")
    .optional()
    .describe("Its password, where it is not to be a random one."),
  ...grants,
});

export type Grants = Omit<Pick<z.infer<typeof role>, keyof typeof grants>, "adopt">;
export type AccountSettings = z.infer<typeof account>;
