import * as pulumi from "@pulumi/pulumi";
import type { RegistryAccess } from "../registry/registry-access";
import type { Reader } from "./republish";

/** Another stack's Nexus, as far as copying out of it goes. */
export interface StackNexus {
  /** `host:port` of its releases. */
  readonly dockerHosted: pulumi.Output<string>;
  readonly puller: Reader;
  readonly access: RegistryAccess;
}

interface Outputs {
  readonly puller: { readonly username: string; readonly password: string };
}

/** The Nexuses of other stacks, each referred to once however many apps come from it. */
export class StackNexuses {
  private readonly known = new Map<string, StackNexus>();

  of(stack: string): StackNexus {
    const nexus = this.known.get(stack) ?? stackNexus(stack);
    this.known.set(stack, nexus);
    return nexus;
  }
}

/** `dev` and `acme/dev` are stacks of this project. */
function wholeName(stack: string): string {
  const [name, project, organization] = stack.split("/").reverse();
  if (organization !== undefined) return stack;
  return `${project ?? pulumi.getOrganization()}/${pulumi.getProject()}/${name}`;
}

/** The Nexus of another stack of this project and backend. What is secret there stays secret here. */
function stackNexus(stack: string): StackNexus {
  const reference = new pulumi.StackReference(stack, { name: wholeName(stack) });
  const accounts = reference.requireOutput("accounts").apply((told): Outputs => told);
  const url = reference.requireOutput("nexusUrl").apply(String);
  const ca = reference.getOutput("nexusCa");
  return {
    access: { tls: url.apply((text) => text.startsWith("https:")), ca: ca.apply((pem) => String(pem ?? "")) },
    dockerHosted: reference.requireOutput("dockerHosted").apply(String),
    puller: {
      username: accounts.apply(({ puller }) => puller.username),
      password: pulumi.secret(accounts.apply(({ puller }) => puller.password)),
    },
  };
}
