import type { PulumiFn } from "@pulumi/pulumi/automation";
import { type OpenStack, program } from "../open-stack";
import { setPlannedPin } from "./planned-pin";
import type { ProgramSecrets } from "./program-secrets";

/** The program, every secret heard that it is given and that passes between it and the engine. */
export function watchedProgram({ file }: OpenStack, secrets: ProgramSecrets): PulumiFn {
  return secrets.watch(async () => {
    const { runtime }: typeof import("@pulumi/pulumi") = require("@pulumi/pulumi");
    // They reach the program with their secrets in plain text; their file says which they are.
    for (const [name, shape] of Object.entries(file.shapes())) {
      const text = runtime.getConfig(name.includes(":") ? name : `${runtime.getProject()}:${name}`);
      if (text !== undefined) secrets.keepSettings(shape, parsed(text));
    }
    setPlannedPin(file);
    return program();
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text; // a setting that is no object
  }
}
