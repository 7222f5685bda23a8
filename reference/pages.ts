import { cliPage } from "./cli-page";
import { componentsPage } from "./components-page";
import { messagesPage } from "./messages-page";
import { settingsPage } from "./settings-page";
import { stackSchema } from "./stack-schema";

/** What is generated, by its path from the top of the repository. */
export const pages: Readonly<Record<string, () => string>> = {
  "docs/reference/settings.md": settingsPage,
  "docs/reference/stack.schema.json": () => `${JSON.stringify(stackSchema(), null, 1)}\n`,
  "docs/reference/cli.md": cliPage,
  "docs/reference/components.md": componentsPage,
  "docs/reference/messages.md": messagesPage,
};
