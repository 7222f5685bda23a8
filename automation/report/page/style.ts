/** Of the page: both lights, any width. Its colours keep 4.5:1 between text and ground. */
export const STYLE = `
:root { color-scheme: light dark; --ground: #fff; --soft: #f5f5f8; --line: #d9d9e0; --text: #1f1e24; --dim: #5b5a63; --link: #0b5cad;
  --ok: #0e5f33; --ok-ground: #dcf3e4; --warn: #7a4500; --warn-ground: #fdf0d5; --bad: #9c1c10; --bad-ground: #fde3df }
@media (prefers-color-scheme: dark) { :root { --ground: #17161b; --soft: #211f27; --line: #3a3842; --text: #ececef; --dim: #b0aeb9; --link: #7ab8f5;
  --ok: #8ee0ae; --ok-ground: #123822; --warn: #f3c879; --warn-ground: #41300c; --bad: #ffa79c; --bad-ground: #4b1a15 } }
* { box-sizing: border-box }
body { margin: 0 auto; padding: 16px 24px 48px; max-width: 1120px; background: var(--ground); color: var(--text);
  font: 15px/1.5 system-ui, "Noto Sans", "DejaVu Sans", sans-serif; overflow-wrap: anywhere }
h1 { margin: 8px 0 0; font-size: 26px; line-height: 1.25 } h2 { margin: 36px 0 12px; font-size: 20px } h3 { margin: 20px 0 8px; font-size: 16px }
h1 small, h3 small { font-weight: 400; color: var(--dim); font-size: 14px }
p { margin: 6px 0 } .dim { color: var(--dim) } a { color: var(--link) } a:focus-visible, input:focus-visible, select:focus-visible { outline: 2px solid var(--link); outline-offset: 2px }
nav ul { display: flex; flex-wrap: wrap; gap: 6px 16px; margin: 12px 0 0; padding: 0; list-style: none }
code { font: 13px/1.5 ui-monospace, "DejaVu Sans Mono", monospace; background: var(--soft); border-radius: 4px; padding: 1px 4px }
.digest { display: inline-block; max-width: 21ch; overflow: hidden; white-space: nowrap; text-overflow: ellipsis; vertical-align: bottom }
.digest:hover { max-width: none; white-space: normal }
table { width: 100%; border-collapse: collapse } th { text-align: left; font-weight: 600; color: var(--dim); font-size: 13px }
th, td { padding: 7px 16px 7px 0; border-bottom: 1px solid var(--line); vertical-align: top }
.badge { display: inline-block; padding: 0 8px; border-radius: 10px; font-size: 13px; white-space: nowrap }
.ok { color: var(--ok); background: var(--ok-ground) } .warn { color: var(--warn); background: var(--warn-ground) } .bad { color: var(--bad); background: var(--bad-ground) }
.note { margin: 12px 0; padding: 8px 12px; border-radius: 6px } ul.note { padding-left: 28px }
[hidden] { display: none !important }
.filter { display: flex; flex-wrap: wrap; gap: 8px 16px; align-items: center; margin: 12px 0 } .filter label { color: var(--dim); font-size: 14px }
input, select { font: inherit; color: var(--text); background: var(--ground); border: 1px solid var(--dim); border-radius: 6px; padding: 5px 8px } input { width: 26ch; max-width: 100% }
.line { margin: 0 0 0 6px; padding: 0; list-style: none; border-left: 2px solid var(--line) }
.line li { position: relative; padding: 4px 0 12px 20px } .line p { margin: 0; color: var(--dim) }
.line li::before { content: ""; position: absolute; left: -6px; top: 11px; width: 10px; height: 10px; border-radius: 50%; background: var(--ok) }
.line li.failed::before { background: var(--bad) }
.now { display: inline-block; padding: 0 8px; border: 1px solid currentColor; border-radius: 10px; font-size: 13px; color: var(--ok) }
footer { margin-top: 48px; color: var(--dim); font-size: 13px }
@media (max-width: 640px) {
  body { padding: 12px 16px 32px }
  table, tbody, tr, td { display: block; width: auto } thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; white-space: nowrap }
  tr { padding: 8px 0; border-bottom: 1px solid var(--line) } td { display: flex; gap: 8px; border: 0; padding: 2px 0 }
  td::before { content: attr(data-head); flex: 0 0 96px; color: var(--dim); font-size: 13px } td:empty { display: none } td > div { min-width: 0 }
}
@media print { nav, .filter { display: none } .digest { max-width: none; white-space: normal } }
`;
