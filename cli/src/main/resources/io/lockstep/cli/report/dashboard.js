// Puts what has changed in place every two seconds while the page is looked at.
const main = document.querySelector("main");
let failures = 0;

async function refresh() {
  if (document.hidden) return;
  try {
    const answer = await fetch("live", { cache: "no-store" });
    if (!answer.ok) throw new Error(answer.status);
    const fresh = document.createElement("main");
    fresh.innerHTML = await answer.text();
    if (fresh.innerHTML !== main.innerHTML && !window.getSelection().toString()) main.innerHTML = fresh.innerHTML;
    failures = 0;
    document.body.classList.remove("lost");
  } catch {
    failures += 1;
    if (failures > 1) document.body.classList.add("lost");
  }
}

document.fonts.load('15px "Shipped Chinese"', "中").then(() => document.documentElement.classList.add("shipped"));
setInterval(refresh, 2000);
