import type { OperationContext, Props } from "../../provider";
import { isObject, text } from "../../schema/value";
import type { Connection } from "../connection";
import { dockerReason } from "../docker-error";
import { dockerEvents } from "../event-stream";
import {
  configFileAuths,
  type RegistryAuth,
  registryHost,
  registryOfImage,
  repositoryOf,
} from "../registry-auth";

/** Pushes the image under its name and answers its reference by digest, `host/path@sha256:…`. */
export async function pushImage(
  inputs: Props,
  connection: Connection,
  context: OperationContext,
): Promise<string> {
  const name = text(inputs["imageName"]);
  const auth = pushAuth(name, inputs, context);
  let digest = "";
  context.log("status", "Pushing Image to the registry");
  await connection.attempt(`Unable to push image ${name}`, async () => {
    const response = await connection.docker.getImage(repositoryOf(name)).push({
      tag: tagOf(name),
      // Docker refuses a push without the header; an empty login is an anonymous push.
      authconfig: auth ?? { username: "", password: "", serveraddress: registryOfImage(name) },
      abortSignal: context.signal,
    });
    for await (const event of dockerEvents(response)) {
      if (event.error !== undefined) throw new Error(pushReason(event.error, auth));
      if (event.status !== undefined)
        context.log("status", [event.id, event.status].filter(Boolean).join(": "));
      if (typeof event.aux === "object") digest = event.aux.Digest ?? digest;
    }
  });
  if (digest === "") throw new Error(`Pushed image ${name}, and the registry told no digest for it`);
  return `${repositoryOf(name)}@${digest}`;
}

/** The program's login; without one, that of Docker's configuration file; without that, none. */
export function pushAuth(name: string, inputs: Props, context: OperationContext): RegistryAuth | undefined {
  const registry = isObject(inputs["registry"]) ? inputs["registry"] : {};
  const username = text(registry["username"]);
  const password = text(registry["password"]);
  const server = text(registry["server"]);
  const serveraddress = server === "" ? registryOfImage(name) : registryHost(server);
  if (username !== "" && password !== "") return { username, password, serveraddress };
  if (username !== "")
    context.log("warning", "password was not set, although username was; using host credentials file");
  if (password !== "")
    context.log("warning", "username was not set, although password was; using host credentials file");
  return configFileAuths().find((auth) => auth.serveraddress === serveraddress);
}

function pushReason(reason: string, auth: RegistryAuth | undefined): string {
  if (!/unauthorized|no basic auth credentials|denied|authentication required/i.test(reason)) return reason;
  const as = auth === undefined ? "without a login" : `as ${auth.username}`;
  return `${dockerReason({ message: reason })} (pushed ${as}; check the registry's user, password and permissions)`;
}

function tagOf(name: string): string {
  return name.slice(repositoryOf(name).length + 1) || "latest";
}
