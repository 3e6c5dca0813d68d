import { CHART_STYLE, themes } from './palette';

/** The style of the page, as it stands in it: its hash is in the policy of the page. */
export const PAGE_STYLE = `
${themes(':root')}
:root{color-scheme:light dark}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1180px;padding:24px 20px 48px;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;overflow-wrap:anywhere}
header{padding:8px 4px 4px}
h1{font-size:clamp(1.35rem,4vw,2rem);line-height:1.2;margin:.35em 0 .5em;letter-spacing:-.01em}
h2{font-size:1.15rem;margin:0 0 14px}
h3{font-size:1rem;margin:0 0 2px}
p{margin:.4em 0}
.badge{display:inline-block;margin:0;padding:3px 12px;border:1.5px solid currentcolor;border-radius:99px;font-weight:600;font-size:.9rem;background:var(--card)}
.badge.green{color:var(--green)}.badge.amber{color:var(--amber)}.badge.red{color:var(--red)}
.note{color:var(--muted)}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(190px,100%),1fr));gap:10px 24px;margin:0}
.facts dt{color:var(--muted);font-size:.82rem}
.facts dd{margin:0}
.facts div:last-child{grid-column:span 2}
main{display:grid;grid-template-columns:minmax(0,1fr);gap:18px;margin-top:20px}
.cards{list-style:none;display:grid;grid-template-columns:repeat(auto-fit,minmax(min(200px,100%),1fr));gap:14px;margin:0;padding:0}
.cards li,section{background:var(--card);border:1px solid var(--rule);border-radius:10px}
.cards li{padding:12px 16px;display:flex;flex-direction:column}
.cards span{color:var(--muted);font-size:.85rem}
.cards strong{font-size:1.7rem;line-height:1.25;font-variant-numeric:tabular-nums}
section{padding:18px 20px}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(480px,100%),1fr));gap:30px 36px}
figure{margin:0;min-width:0;display:flex;flex-direction:column}
figcaption p{color:var(--muted);font-size:.86rem;margin:0 0 6px}
.axes{color:var(--muted);font-size:.78rem;margin:2px 0 10px}
.plot{padding:16px 14px 0 62px;margin-top:auto}
.plot svg{display:block}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:2px 16px;margin:0;padding:0;font-size:.86rem}
.legend li{display:flex;align-items:center;gap:6px}
details{margin-top:8px;font-size:.86rem}
summary{cursor:pointer;color:var(--muted);width:fit-content}
:focus-visible{outline:2px solid var(--blue);outline-offset:2px;border-radius:3px}
.wide{overflow-x:auto}
.charts+.wide{margin-top:24px}
.wide+p,.wide+h3{margin-top:14px}
details .wide{max-height:320px;overflow:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:.92rem}
th,td{padding:5px 14px 5px 0;text-align:right;border-bottom:1px solid var(--rule);vertical-align:top;white-space:nowrap}
th:last-child,td:last-child{padding-right:0}
th:first-child,td:first-child{text-align:left}
th{overflow-wrap:break-word}
th[scope=row]{font-weight:500;white-space:normal;min-width:96px}
thead th{color:var(--muted);font-weight:500;font-size:.82rem;vertical-align:bottom}
tbody tr:last-child>*{border-bottom:0}
td:has(.spark){width:38%;min-width:120px;padding-right:0;vertical-align:middle}
.incidents{margin:0;padding-left:1.6em}
.incidents li{padding-left:4px;margin-bottom:8px}
.incidents li::marker{color:var(--red);font-weight:700}
.incidents p{margin:0}
.spark{display:block}
footer{color:var(--muted);font-size:.82rem;margin-top:20px;padding:0 4px}
${CHART_STYLE}
@media (max-width:560px){
body{padding:14px 12px 32px}
section{padding:14px 12px}
.plot{padding-left:52px;padding-right:10px}
svg .odd{display:none}
.facts{grid-template-columns:1fr 1fr}
td{white-space:normal;overflow-wrap:break-word}
th,td{padding-right:10px}
th[scope=row]{min-width:84px}
thead th{white-space:normal}
td:has(.spark){min-width:90px}
.cards{grid-template-columns:1fr 1fr;gap:10px}
.cards li{padding:10px 12px}
.cards strong{font-size:1.4rem}
}
@media print{
:root{font-size:12px}
body{max-width:none;padding:0;font-size:1rem;background:none}
.cards{grid-template-columns:repeat(4,1fr)}
.cards li,section{border-radius:0;break-inside:avoid}
section{break-inside:auto}
figure,tr{break-inside:avoid}
details{display:none}
.charts{grid-template-columns:1fr 1fr}
}
`;
