import { CommandError, Exit } from "./exit";

/** The app that a command means: the one named, or the only one. @throws CommandError (exit 2) where that isn't clear */
export function oneApp(apps: readonly { readonly name: string }[], named: string | undefined): string {
  const names = apps.map((app) => app.name);
  if (named && !names.includes(named)) {
    throw new CommandError(`There is no app "${named}"; the stack has ${names.join(", ")}.`, Exit.usage);
  }
  if (!named && names.length !== 1) {
    throw new CommandError(
      `The stack has ${names.length} apps (${names.join(", ")}): name one with --app.`,
      Exit.usage,
    );
  }
  return named ?? names[0]!;
}
