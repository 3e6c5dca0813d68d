import { createHash } from 'node:crypto';
import { type Html, html, raw } from './html';
import { PAGE_STYLE } from './page-style';

/** The icon of the tab: blue and green. */
const ICON =
  'data:image/svg+xml,%3Csvg xmlns=%22http://www.w3.org/2000/svg%22 viewBox=%220 0 8 8%22%3E%3Cpath fill=%22%230b5fd0%22 d=%22M0 0h4v8H0z%22/%3E%3Cpath fill=%22%23157a35%22 d=%22M4 0h4v8H4z%22/%3E%3C/svg%3E';

/**
 * A page that needs nothing else: no script, no network. Its own policy forbids both, so that nothing which comes from a cluster could
 * be run or loaded even if it were not escaped.
 */
export function pageOf(title: string, body: Html): string {
  const hash = createHash('sha256').update(PAGE_STYLE).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; img-src data:; base-uri 'none'; form-action 'none'`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<link rel="icon" href="${raw(ICON)}">
<style>${raw(PAGE_STYLE)}</style>
</head>
<body>
${body}
</body>
</html>
`.text;
}

export function section(title: string, content: Html): Html {
  return html`<section><h2>${title}</h2>${content}</section>`;
}
