import assert from "node:assert/strict";
import fc from "fast-check";
import { nextLink } from "../../../components/http/next-link";

const page = new URL("https://gitlab.test/api/v4/notes?page=2");
const next = (header: string | string[] | undefined) => nextLink(header, page)?.href;

describe("the next page that a Link header names (RFC 8288)", () => {
  const named: [string, string | string[], string][] = [
    ["absolute", '<https://gitlab.test/a?page=3>; rel="next"', "https://gitlab.test/a?page=3"],
    [
      "relative to the page",
      "</v2/a/tags/list?last=b&n=2>; rel=next",
      "https://gitlab.test/v2/a/tags/list?last=b&n=2",
    ],
    ["as a query alone", '<?page=3>; rel="next"', "https://gitlab.test/api/v4/notes?page=3"],
    [
      "behind others",
      '<?page=1>; rel="prev", <?page=1>; rel="first", <?page=3>; rel="next"',
      "https://gitlab.test/api/v4/notes?page=3",
    ],
    [
      "in a second header",
      ['<?page=1>; rel="prev"', "<?page=3>;rel=next"],
      "https://gitlab.test/api/v4/notes?page=3",
    ],
    ["with several relations", '<?page=3>; rel="last  next"', "https://gitlab.test/api/v4/notes?page=3"],
    [
      "in large letters, with spaces and other parameters",
      '<?page=3> ; title="a, b; rel=\\"prev\\"" ;  REL = "NEXT"',
      "https://gitlab.test/api/v4/notes?page=3",
    ],
    ["with commas in its address", '<?ids=1,2,3>; rel="next"', "https://gitlab.test/api/v4/notes?ids=1,2,3"],
    [
      "behind one without parameters",
      '<?page=9>, <?page=3>; rel="next"',
      "https://gitlab.test/api/v4/notes?page=3",
    ],
  ];
  for (const [how, header, expected] of named)
    it(`is found ${how}`, () => {
      assert.equal(next(header), expected);
    });

  const none: [string, string | undefined][] = [
    ["no header", undefined],
    ["an empty one", ""],
    ["other relations", '<?page=1>; rel="prev", <?page=9>; rel="last"'],
    ["a relation that only begins so", '<?page=3>; rel="next-archive"'],
    ["a second relation of one link", '<?page=3>; rel="prev"; rel="next"'],
    ["the word in another parameter", '<?page=3>; title="next"; rel="last"'],
    ["what is no link", 'page=3; rel="next"'],
    ["an address that is none", '<http://[>; rel="next"'],
  ];
  for (const [what, header] of none)
    it(`is none in ${what}`, () => {
      assert.equal(next(header), undefined);
    });

  it("is looked for to an end in whatever comes", () => {
    const text = fc.string({ unit: fc.constantFrom(...'<>;,="\\ relnxt?/') });
    fc.assert(
      fc.property(text, (header) => {
        next(header);
      }),
      { numRuns: 2000 },
    );
    assert.equal(next(`${"<a>;".repeat(20_000)}<b>; rel="next"`), "https://gitlab.test/api/v4/b");
    assert.equal(next(`<a>; rel="${"\\".repeat(100_000)}`), undefined);
  });
});
