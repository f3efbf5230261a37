// Puts what has changed in place every two seconds while the page is looked at: section by section, so that what somebody has opened,
// scrolled or reached with the keyboard stays as it is.
const main = document.querySelector("main");
let failures = 0;

function replace(old, fresh) {
  if (old.innerHTML === fresh.innerHTML || old.contains(document.activeElement) && old.id !== "overview") return;
  const opened = new Set([...old.querySelectorAll("details[open]")].map((each) => each.id));
  const scrolled = [...old.querySelectorAll(".scroll, pre")].map((each) => [each.getAttribute("aria-label"), each.scrollLeft]);
  old.innerHTML = fresh.innerHTML;
  for (const each of old.querySelectorAll("details")) each.open = opened.has(each.id);
  for (const [label, left] of scrolled) {
    const same = [...old.querySelectorAll(".scroll, pre")].find((each) => each.getAttribute("aria-label") === label);
    if (same) same.scrollLeft = left;
  }
}

async function refresh() {
  if (document.hidden) return;
  try {
    const answer = await fetch("live", { cache: "no-store" });
    if (!answer.ok) throw new Error(answer.status);
    const fresh = document.createElement("main");
    fresh.innerHTML = await answer.text();
    if (!window.getSelection().toString()) {
      const ids = (of) => [...of.children].map((each) => each.id).join();
      if (ids(fresh) !== ids(main)) main.innerHTML = fresh.innerHTML;
      else [...main.children].forEach((each, i) => replace(each, fresh.children[i]));
    }
    failures = 0;
    document.body.classList.remove("lost");
  } catch {
    failures += 1;
    if (failures > 1) document.body.classList.add("lost");
  }
}

document.fonts.load('15px "Shipped Chinese"', "中").then(() => document.documentElement.classList.add("shipped"));
setInterval(refresh, 2000);
