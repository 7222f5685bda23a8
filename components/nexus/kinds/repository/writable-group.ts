import type * as pulumi from "@pulumi/pulumi";
import { isJsonObject } from "../../../values/json-object";
import type { Fields } from "../../object/kind";
import { type Facts, nameOf } from "../../rest/server-abilities";
import { type GroupArgs, given, groupFields } from "./repository";

/** A group of a format whose groups can be pushed to: docker, npm and pypi. */
export interface WritableGroupArgs extends GroupArgs {
  /** The hosted member that takes what is pushed to the group (Nexus Pro). */
  readonly writableMember?: pulumi.Input<string>;
}

export function writableGroupFields(args: WritableGroupArgs) {
  return groupFields(args, given({ writableMember: args.writableMember }));
}

/** For `refusal` of such a group's kind. */
export function notWritable(facts: Facts, want: Fields): string | undefined {
  const group = want["group"];
  const isWritable = isJsonObject(group) && group["writableMember"] !== undefined;
  if (!isWritable || facts.edition === "" || facts.edition === "PRO") return undefined;
  return (
    `${nameOf(facts)} can't take what is pushed to the group "${want["name"]}"; Nexus Pro can. ` +
    "Leave writableMember out and push to the hosted member itself."
  );
}
