// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "notebooks_export/html/style.h"

namespace pagequest::notebooks_export {

std::string_view style_sheet() {
  return R"css(
:root{color-scheme:light dark;
--back:#f6f7f9;--card:#ffffff;--wash:#f6f7f9;--ink:#1b1f24;--soft:#59636e;--rule:#d9dee4;
--grid:#e8ebef;--link:#0a5c9e;--shadow:0 1px 2px rgba(20,30,40,.06),0 4px 16px rgba(20,30,40,.05);
--s0:#0072b2;--s1:#d55e00;--s2:#009e73;--s3:#b6578f;--s4:#b98600;--s5:#3f9bcf;--s6:#4a4f55}
@media (prefers-color-scheme:dark){:root{
--back:#0d1116;--card:#161b22;--wash:#1c222a;--ink:#e4e8ec;--soft:#98a3af;--rule:#2d353f;
--grid:#262e37;--link:#7cc0f4;--shadow:none;
--s0:#4aa8e0;--s1:#f08c4a;--s2:#33c79a;--s3:#df92bf;--s4:#e8b83d;--s5:#8fd0f5;--s6:#b9c1ca}}
*{box-sizing:border-box}
html{scroll-behavior:smooth;scroll-padding-top:1rem}
body{margin:0;background:var(--back);color:var(--ink);
font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
a{color:var(--link);text-decoration:none}a:hover{text-decoration:underline}
code{font:0.88em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;background:var(--wash);
border:1px solid var(--rule);border-radius:4px;padding:.05em .3em}
.page{display:grid;grid-template-columns:220px minmax(0,880px);gap:40px;justify-content:center;
padding:40px 24px 64px}
nav{position:sticky;top:32px;align-self:start;font-size:14px;max-height:calc(100vh - 64px);
overflow:auto}
nav p{margin:0 0 8px;color:var(--soft);font-size:12px;letter-spacing:.06em;text-transform:uppercase}
nav ol{list-style:none;margin:0;padding:0;border-left:1px solid var(--rule)}
nav li a{display:block;padding:3px 0 3px 14px;color:var(--soft);border-left:2px solid transparent;
margin-left:-1px}
nav li a:hover{color:var(--ink);border-left-color:var(--s0);text-decoration:none}
nav li li a{padding-left:28px;font-size:13px}nav li ol{border:0}
header h1{font-size:32px;line-height:1.2;margin:0 0 6px;letter-spacing:-.015em}
header .subtitle{margin:0 0 16px;color:var(--soft);font-size:18px}
h2{font-size:22px;margin:48px 0 10px;letter-spacing:-.01em}
h2 a,h3 a{color:inherit}h2 a:hover::after,h3 a:hover::after{content:" #";color:var(--soft)}
h3{font-size:17px;margin:0 0 4px}
section>p{margin:0 0 14px;max-width:72ch}
.card,figure,.tablecard{background:var(--card);border:1px solid var(--rule);border-radius:10px;
box-shadow:var(--shadow);padding:18px 20px;margin:0 0 20px}
figure p.caption,.tablecard p.caption{margin:0 0 10px;color:var(--soft);font-size:14.5px;
max-width:76ch}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(170px,1fr));gap:14px;
margin:0 0 20px}
.figures div{background:var(--card);border:1px solid var(--rule);border-radius:10px;
padding:14px 16px;box-shadow:var(--shadow)}
.figures dt{color:var(--soft);font-size:13.5px}
.figures dd{margin:2px 0 0;font-size:27px;font-weight:650;letter-spacing:-.02em;
font-variant-numeric:tabular-nums;line-height:1.25}
.figures dd small{display:block;font-size:13px;font-weight:400;letter-spacing:0;color:var(--soft);
line-height:1.4;margin-top:3px}
.plot{overflow-x:auto}
svg.chart{display:block;width:100%;min-width:540px;height:auto;
font:12.5px system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif}
.legend{display:flex;flex-wrap:wrap;gap:4px 18px;margin:2px 0 6px;font-size:14px;
align-items:center}
.legend span{display:inline-flex;align-items:center;gap:7px}
.legend i{width:1px;height:16px;background:var(--rule)}
svg.swatch{width:28px;height:14px;flex:none}
.c0{--c:var(--s0)}.c1{--c:var(--s1)}.c2{--c:var(--s2)}.c3{--c:var(--s3)}.c4{--c:var(--s4)}
.c5{--c:var(--s5)}.c6{--c:var(--s6)}.cn{--c:var(--soft)}
.d1{stroke-dasharray:7 4}.d2{stroke-dasharray:2 3}.d3{stroke-dasharray:10 3 2 3}
.d4{stroke-dasharray:4 2}.d5{stroke-dasharray:1 5}
svg .grid{stroke:var(--grid)}svg .base{stroke:var(--soft);stroke-opacity:.6}
svg .tick{fill:var(--soft);font-variant-numeric:tabular-nums}
svg .name{fill:var(--ink);font-size:13px}
svg .line{fill:none;stroke:var(--c);stroke-width:2.2;stroke-linejoin:round;stroke-linecap:butt}
svg .band{fill:var(--c);fill-opacity:.14;stroke:none}
svg .bar{fill:var(--c)}svg .bar.d1{fill-opacity:.55;stroke:var(--c)}
svg .bar.d2{fill-opacity:.25;stroke:var(--c)}
svg .bar:hover{fill-opacity:.8}
svg .marker{fill:var(--c);stroke:var(--card);stroke-width:1.2}
svg .marker.hollow{fill:var(--card);stroke:var(--c);stroke-width:2}
svg .marker:hover{stroke:var(--ink)}
svg .interval{stroke:var(--soft);stroke-width:1.3}
svg .point-label{fill:var(--ink);font-size:13px;paint-order:stroke;stroke:var(--card);
stroke-width:3px;stroke-linejoin:round}
svg .value{fill:var(--ink);font-size:12px;font-variant-numeric:tabular-nums}
svg .hover{fill:var(--c);stroke:var(--card);stroke-width:2;opacity:0}
svg .hover:hover{opacity:1}
details{margin-top:10px;font-size:14px}
summary{cursor:pointer;color:var(--soft)}summary:hover{color:var(--ink)}
summary h3{display:inline}
.tools{float:right;font-size:13.5px}
.numbers{overflow:auto;max-height:460px;margin-top:8px;border:1px solid var(--rule);
border-radius:6px}
table{border-collapse:separate;border-spacing:0;width:100%;font-size:13.5px;
font-variant-numeric:tabular-nums}
th,td{padding:6px 10px;text-align:left;white-space:nowrap;border-bottom:1px solid var(--rule)}
tr:last-child td{border-bottom:0}
th{position:sticky;top:0;background:var(--wash);font-weight:600;vertical-align:bottom;z-index:1;
white-space:normal;line-height:1.3}
th small{display:block;font-weight:400;color:var(--soft);font-size:11.5px}
th.n,td.n{text-align:right}th.n{min-width:88px}.tablecard>details{margin-top:0}
tbody tr:hover td{background:var(--wash)}
dl.made{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:4px 18px;margin:8px 0 0;
font-size:14px}
dl.made dt{color:var(--soft)}dl.made dd{margin:0;overflow-wrap:anywhere}
footer{color:var(--soft);font-size:13px;margin-top:48px;border-top:1px solid var(--rule);
padding-top:14px}
@media (max-width:1060px){.page{grid-template-columns:minmax(0,880px)}
nav{position:static;max-height:none}}
@media (max-width:600px){.page{padding:20px 12px 40px;gap:20px}nav{display:none}header h1{font-size:25px}
.card,figure,.tablecard{padding:14px 12px}}
@media print{body{background:#fff;font-size:11pt}details:not([open]){display:none}.page{display:block;padding:0}nav,.tools{display:none}
figure,.tablecard,.figures div,tr{break-inside:avoid;box-shadow:none}h2{break-after:avoid}
.numbers{max-height:none;overflow:visible;border:0}th{position:static}th,td{white-space:normal}}
)css";
}

}  // namespace pagequest::notebooks_export
