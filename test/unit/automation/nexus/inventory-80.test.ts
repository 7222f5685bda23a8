import assert from "node:assert/strict";
import { join } from "node:path";
import { widthOf } from "../../../../automation/terminal/screen";
import { assertGolden } from "../../../support/golden-file";
import { anna, dockerHosted, inventoryOf, mirror, raw } from "./inventory-of";

describe("the inventory of a Nexus on a terminal", () => {
  it("fits 80 columns with names as long as teams have them, but for values that are to be pasted", async () => {
    const long = "https://artifacts.customers.example.com/repository/third-party-binaries-of-all-kinds";
    const { at, list } = await inventoryOf({
      repositories: [
        { ...raw, name: "customer-portal-attachments" },
        { ...mirror, name: "third-party-binaries", proxy: { ...mirror.proxy, remoteUrl: long } },
        { name: "customer-portal-releases", ...dockerHosted({ httpPort: 8090 }) },
        {
          name: "terraform-modules",
          format: "terraform",
          type: "hosted",
          online: true,
          storage: raw.storage,
        },
      ],
      users: [
        { ...anna, userId: "anna.the.release.manager", roles: ["nx-admin", "customer-portal-developers"] },
      ],
      privileges: [
        {
          name: "customer-portal-read",
          type: "wildcard",
          description: "Reads what the portal's developers publish",
          pattern: "nexus:repository-view:raw:customer-portal-attachments:read",
          readOnly: false,
        },
      ],
    });
    const text = at(80);
    for (const line of text.split("\n"))
      assert.ok(widthOf(line) <= 80 || line.includes(long) || line.includes("# pulumi config set"), line);
    assertGolden(join(__dirname, "golden", "inventory-80.txt"), `${text}\n`);
    assert.equal(at(400).split("\n\n")[0]!.replace(/\s+/g, " "), list.split("\n\n")[0]!.replace(/\s+/g, " "));
  });
});
