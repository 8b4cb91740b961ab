/** How a transcript looks: as a Slack client would show it, by day and by night. */
export const TRANSCRIPT_STYLE = `
:root { color-scheme: light dark; --bg: #fff; --fg: #1d1c1d; --dim: #616061; --line: #dddddd; --code: #e01e5a;
  --codebg: #f6f6f6; --at: #1264a3; --atbg: #e8f5fa; --primary: #007a5a; --danger: #e01e5a; }
@media (prefers-color-scheme: dark) { :root { --bg: #1a1d21; --fg: #d1d2d3; --dim: #ababad; --line: #3a3d42;
  --code: #e8912d; --codebg: #25282c; --at: #1d9bd1; --atbg: #1f3a4a; } }
body { font: 15px/1.46668 Lato, 'Helvetica Neue', Arial, 'Noto Color Emoji', sans-serif; background: var(--bg);
  color: var(--fg); max-width: 760px; margin: 0 auto; padding: 16px; }
h1 { font-size: 20px; } h2 { font-size: 18px; border-bottom: 1px solid var(--line); padding-bottom: 6px; }
h3 { font-size: 13px; color: var(--dim); font-weight: 400; margin: 20px 0 4px; }
h4 { font-size: 18px; line-height: 1.3; margin: 4px 0 8px; }
p { margin: 4px 0; overflow-wrap: anywhere; } hr { border: 0; border-top: 1px solid var(--line); margin: 8px 0; }
.note, .context, .at-time, .pin { color: var(--dim); font-size: 13px; }
.message { display: flex; gap: 8px; padding: 8px 0; } .strip .message { border-bottom: 1px dashed var(--line); }
.avatar { flex: 0 0 36px; height: 36px; border-radius: 4px; background: #4a154b; color: #fff; font-weight: 700;
  display: flex; align-items: center; justify-content: center; }
.app .avatar { background: #1f2933; } .body { min-width: 0; flex: 1; }
.who { display: flex; gap: 8px; align-items: baseline; }
.badge { font-size: 10px; background: var(--line); border-radius: 2px; padding: 1px 3px; }
code { font: 12px/1.5 Menlo, Consolas, monospace; color: var(--code); background: var(--codebg);
  border: 1px solid var(--line); border-radius: 3px; padding: 1px 3px; overflow-wrap: anywhere; }
.at { color: var(--at); background: var(--atbg); border-radius: 3px; padding: 0 2px; }
.thread { border-left: 3px solid var(--line); padding-left: 12px; margin-left: 44px; }
.actions { display: flex; flex-wrap: wrap; gap: 8px; margin: 8px 0; }
.button { border: 1px solid var(--line); border-radius: 4px; padding: 4px 12px; font-weight: 700; font-size: 14px; }
.button.primary { background: var(--primary); color: #fff; border-color: var(--primary); }
.button.danger { color: var(--danger); border-color: var(--danger); }
.fields { display: grid; grid-template-columns: 1fr 1fr; gap: 4px 16px; }
`;
