import { format } from "node:util";
import type { PulumiFn } from "@pulumi/pulumi/automation";
import { type OpenStack, program } from "../open-stack";
import type { Report } from "../report";
import { settingOf } from "./known-settings";
import { setPlannedPin } from "./planned-pin";
import type { ProgramSecrets } from "./program-secrets";

/**
 * The program, every secret heard that it is given and that passes between it and the engine. What it prints by itself is said
 * like everything else: without secrets, and not between the data on standard output.
 */
export function watchedProgram({ file }: OpenStack, secrets: ProgramSecrets, report: Report): PulumiFn {
  const words = file.words(); // before the engine writes into the file
  return secrets.watch(async () => {
    for (const method of ["log", "info", "warn", "error", "debug"] as const) {
      console[method] = (...words: unknown[]) => report.say(format(...words));
    }
    const { runtime }: typeof import("@pulumi/pulumi") = require("@pulumi/pulumi");
    // They reach the program with their secrets in plain text; their file says which they are.
    for (const [name, shape] of Object.entries(file.shapes())) {
      const text = runtime.getConfig(name);
      if (text !== undefined) secrets.keepSettings(shape, settingOf(text));
    }
    const {
      useWritten,
    }: typeof import("../../components/program-file") = require("../../components/program-file");
    useWritten(words);
    setPlannedPin(file);
    return program();
  });
}
