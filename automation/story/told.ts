import type { EngineEvent } from "@pulumi/pulumi/automation";
import type { EngineRun } from "../engine/interruptible";
import type { Report } from "../terminal/report";
import { Story, type Tale } from "./story";

/** Runs an operation of the engine, and tells people what it does as it goes. */
export async function told<T>(
  run: EngineRun,
  { report, ...tale }: Tale & { readonly report: Pick<Report, "screen"> },
  operation: (run: EngineRun) => Promise<T>,
): Promise<T> {
  const story = new Story({ ...(run.names && { names: run.names }), ...tale }, report.screen);
  const onEvent = (event: EngineEvent) => {
    story.onEvent(event);
    run.onEvent(event);
  };
  try {
    const result = await operation({ ...run, onEvent });
    story.end();
    return result;
  } catch (error) {
    story.end(run.signal.aborted ? undefined : error);
    throw error;
  }
}
