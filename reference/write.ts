import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pages } from "./pages";

/** `npm run docs:reference` */
for (const [path, page] of Object.entries(pages)) {
  writeFileSync(join(__dirname, "..", path), page());
  console.log(path);
}
