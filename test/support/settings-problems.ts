import assert from "node:assert/strict";
import { SettingsError } from "../../components/settings/settings";

/** What is wrong with settings, as people are told it; nothing where they are taken. @param read reads them */
export function problemsOf(read: () => unknown): readonly string[] {
  try {
    read();
    return [];
  } catch (error) {
    assert.ok(error instanceof SettingsError, String(error));
    return error.problems;
  }
}

/** The same of settings that are not to be taken. */
export function refused(read: () => unknown): readonly string[] {
  const problems = problemsOf(read);
  if (problems.length === 0) throw new Error("the settings were accepted");
  return problems;
}
