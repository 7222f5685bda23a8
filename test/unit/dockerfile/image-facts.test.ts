import assert from "node:assert/strict";
import { imageFacts } from "../../../components/dockerfile/image-facts";

describe("what a Dockerfile says of its image", () => {
  it("has the ports of EXPOSE, in any case, with variables in place, UDP's left out", () => {
    const text =
      // biome-ignore lint/suspicious/noTemplateCurlyInString: as a Dockerfile has it
      "FROM a\nARG HTTP=8000\nENV ADMIN 9000\nexpose ${HTTP} 53/udp $ADMIN/tcp \\\n  ${OTHER:-80} $NONE\n";
    for (const one of [text, text.replaceAll("\n", "\r\n")])
      assert.deepEqual(imageFacts(one).ports, [8000, 9000, 80]);
  });

  it("has what comes from the stage that the last one is built on, and nothing of others", () => {
    const facts = imageFacts(
      "FROM a AS Base\nEXPOSE 1\nHEALTHCHECK CMD true\nFROM b AS other\nEXPOSE 2\nFROM base\nEXPOSE 3\n",
    );
    assert.deepEqual([facts.ports, facts.hasHealthcheck], [[1, 3], true]);
    assert.equal(imageFacts("FROM a\nHEALTHCHECK CMD true\nHEALTHCHECK NONE\n").hasHealthcheck, false);
    assert.equal(imageFacts("FROM a\n").hasHealthcheck, false);
  });

  it("names the files of the context that are copied, not those of stages, addresses and patterns", () => {
    const { sources } = imageFacts(
      'FROM a AS b\nCOPY --chown=1 go.mod "go.sum" ./\nADD src https://example.com/x $Y lib*/ /\nFROM a\nCOPY --from=b /x /y\nCOPY ["c", "d", "/"]\nCOPY <<EOT /z\nhi\nEOT\n',
    );
    assert.deepEqual(sources, ["go.mod", "go.sum", "src", "c", "d"]);
  });

  it("is nothing for what is no Dockerfile", () => {
    assert.deepEqual(imageFacts(""), { ports: [], hasHealthcheck: false, sources: [] });
  });
});
