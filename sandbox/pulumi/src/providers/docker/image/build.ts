import { Readable } from "node:stream";
import type { OperationContext, Props } from "../../provider";
import { isObject, text, textMap, texts } from "../../schema/value";
import type { Connection } from "../connection";
import { dockerReason } from "../docker-error";
import { type DockerEvent, dockerEvents } from "../event-stream";
import { configFileAuths, HUB_KEY } from "../registry-auth";
import { tarStream } from "../tar";
import { traceLines } from "./build-trace";
import { cachedImages, pullCached } from "./cache";
import { contextEntries, sentDockerfile } from "./context";

/** Lines of a failed step that the error quotes. */
const TAIL_LINES = 20;

/**
 * Builds the image under its name and answers its id. BuildKit, the default, gets the context as an archive and
 * no session: base images it has to fetch must be public; BuilderV1 takes the logins of Docker's configuration.
 * @param mask applied to every line before it is shown or quoted
 */
export async function buildImage(
  inputs: Props,
  connection: Connection,
  context: OperationContext,
  mask: (line: string) => string,
): Promise<string> {
  const build = isObject(inputs["build"]) ? inputs["build"] : {};
  const name = text(inputs["imageName"]);
  const tail: string[] = [];
  let id = "";
  await pullCached(inputs, connection, context);
  context.log("status", "Starting Docker build");
  try {
    for await (const event of dockerEvents(await startBuild(name, build, connection, context))) {
      if (event.error !== undefined) throw new Error(event.error);
      if (typeof event.aux === "object" && event.aux.ID !== undefined) id = event.aux.ID;
      for (const line of eventLines(event).map(mask)) {
        // BuildKit repeats a step's name when it begins, goes on and ends.
        if (line === tail.at(-1)) continue;
        context.log("status", line);
        if (tail.push(line) > TAIL_LINES) tail.shift();
      }
    }
  } catch (error) {
    const reason = withHint(mask(dockerReason(error)));
    const lines = tail.length === 0 ? "" : `\nLast lines of the build:\n${tail.join("\n")}`;
    await connection.attempt(`Unable to build image ${name}`, () =>
      Promise.reject(
        Object.assign(new Error(reason + lines), { code: (error as NodeJS.ErrnoException).code }),
      ),
    );
  }
  if (id === "") throw new Error(`Docker built image ${name} and told no id for it`);
  return id;
}

/** BuildKit asks its session for a login, and there is none. */
function withHint(reason: string): string {
  if (!reason.endsWith("no active sessions")) return reason;
  return (
    `${reason}: BuildKit wants a login for the base image's registry, which the sandbox can't give it; ` +
    "pull the base image first, with a RemoteImage, or set builderVersion to BuilderV1"
  );
}

/** dockerode's own buildImage opens a session for BuildKit, with which Docker 20.10 finds the archive empty. */
function startBuild(
  name: string,
  build: Props,
  connection: Connection,
  context: OperationContext,
): Promise<NodeJS.ReadableStream> {
  const directory = text(build["context"]);
  const dockerfile = text(build["dockerfile"]);
  const cached = cachedImages(build);
  const classic = build["builderVersion"] === "BuilderV1";
  const file = Readable.from(tarStream(contextEntries(directory, dockerfile)));
  const unreadable = new AbortController();
  const request = {
    path: "/build?",
    method: "POST",
    options: withoutEmpty({
      t: name,
      dockerfile: sentDockerfile(directory, dockerfile),
      version: classic ? "1" : "2",
      rm: true,
      forcerm: true,
      cachefrom: cached.length > 0 ? JSON.stringify(cached) : "",
      buildargs: JSON.stringify(textMap(build["args"])),
      platform: text(build["platform"]),
      target: text(build["target"]),
      networkmode: text(build["network"]),
      extrahosts: texts(build["addHosts"]),
    }),
    file,
    abortSignal: AbortSignal.any([context.signal, unreadable.signal]),
    isStream: true,
    statusCodes: { 200: true, 500: "server error" },
    ...(classic ? { registryconfig: { base64: registryConfig() } } : {}),
  };
  return new Promise((resolve, reject) => {
    file.once("error", (error) => {
      reject(error);
      unreadable.abort();
    });
    connection.docker.modem.dial(request, (error, response) => {
      if (error === null || error === undefined) resolve(response as NodeJS.ReadableStream);
      else reject(error);
    });
  });
}

/** Docker takes an empty parameter for a value, and refuses it. */
function withoutEmpty<T extends object>(parameters: T): Partial<T> {
  const given = Object.entries(parameters).filter(
    ([, value]) => value !== "" && (value as string[]).length !== 0,
  );
  return Object.fromEntries(given) as Partial<T>;
}

/** X-Registry-Config: every login of Docker's configuration file, by registry. */
function registryConfig(): string {
  const byRegistry = Object.fromEntries(
    configFileAuths().map((auth) => [
      auth.serveraddress === "docker.io" ? HUB_KEY : auth.serveraddress,
      auth,
    ]),
  );
  // Docker decodes the URL alphabet, and wants the padding that Node's base64url leaves out.
  return Buffer.from(JSON.stringify(byRegistry)).toString("base64").replaceAll("+", "-").replaceAll("/", "_");
}

function eventLines(event: DockerEvent): string[] {
  const lines =
    event.id === "moby.buildkit.trace" && typeof event.aux === "string"
      ? traceLines(event.aux)
      : [event.stream ?? "", [event.id, event.status].filter((part) => part !== undefined).join(": ")];
  return lines
    .flatMap((line) => line.split("\n"))
    .map((line) => line.trimEnd())
    .filter((line) => line !== "" && line !== "moby.image.id");
}
