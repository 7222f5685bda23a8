import type { CommandGroup } from "../../terminal/command";
import { show } from "./show";

export const config: CommandGroup = {
  name: "config",
  summary: "Look at the stack's settings: show",
  commands: [show],
};
