// A page with one button that spends its link. Only a press of the button posts it, so that a mail
// scanner that opens the page does not use up the link.

import { canBeTriedAgain, forgetLink, inWords, linkInFragment, part, post, show } from "/pages/page.js";

export function confirmation({ path, bodyOf, own }) {
  const words = inWords(own);

  async function confirm() {
    show(words.wait, "waiting");
    const link = linkInFragment();
    const { outcome } = link ? await post(path, bodyOf(link), words) : { outcome: "link-unknown" };
    if (outcome === "done") {
      forgetLink();
      show(words.done, "done");
      return;
    }
    const shown = outcome in words ? outcome : "link-unknown";
    show(words[shown], "wrong", canBeTriedAgain(shown) ? words.again : "");
  }

  part("go").addEventListener("click", confirm);
  if (linkInFragment()) show(words.ask, "", words.confirm);
  else show(words["link-unknown"], "wrong");
}
