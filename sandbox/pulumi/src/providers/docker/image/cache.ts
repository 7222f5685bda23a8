import type { OperationContext, Props } from "../../provider";
import { isObject, text, texts } from "../../schema/value";
import type { Connection } from "../connection";
import { dockerReason } from "../docker-error";
import { dockerEvents } from "../event-stream";
import { pushAuth } from "./push";

/** Images whose layers the build may take. */
export function cachedImages(build: Props): string[] {
  return isObject(build["cacheFrom"]) ? texts(build["cacheFrom"]["images"]) : [];
}

/**
 * Pulls them first, with the login of the push, as the plugin does (its image.go): one that can't be had is told of, and the build goes on
 * without it.
 */
export async function pullCached(
  inputs: Props,
  connection: Connection,
  context: OperationContext,
): Promise<void> {
  const build = isObject(inputs["build"]) ? inputs["build"] : {};
  const platform = text(build["platform"]);
  for (const image of cachedImages(build)) {
    context.log("status", `Pulling cached image ${image}`);
    try {
      const response = await connection.docker.pull(image, {
        authconfig: pushAuth(text(inputs["imageName"]), inputs, context),
        abortSignal: context.signal,
        ...(platform === "" ? {} : { platform }),
      });
      for await (const event of dockerEvents(response))
        if (event.error !== undefined) throw new Error(event.error);
    } catch (error) {
      if (context.signal.aborted) throw error;
      context.log("info", `cacheFrom image ${image} not available: ${dockerReason(error)}`);
    }
  }
}
