import type { CommandGroup } from "../../terminal/command";
import { gc } from "./gc";
import { inventory } from "./inventory";
import { repositories } from "./repositories";

export const nexus: CommandGroup = {
  name: "nexus",
  summary: "Look into the stack's Nexus: repositories, inventory, gc",
  commands: [repositories, inventory, gc],
};
