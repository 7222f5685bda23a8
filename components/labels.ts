import * as pulumi from "@pulumi/pulumi";

/**
 * The labels on every container, volume and network that a stack makes. `berth` finds by them what belongs to
 * a stack, and what a killed run left behind.
 */
export function labels(resource: string): { label: string; value: string }[] {
  return [
    { label: "berth.project", value: pulumi.getProject() },
    { label: "berth.stack", value: pulumi.getStack() },
    { label: "berth.resource", value: resource },
  ];
}
