// A page with one button that uses its link. The link is posted only when the button is pressed, so
// that a mail scanner that opens the page does not use it up.

import { forgetLink, isRetryable, linkInFragment, part, post, show, textsInLanguage } from "/pages/page.js";

export function confirmation({ path, bodyOf, ownTexts }) {
  const texts = textsInLanguage(ownTexts);

  async function confirm() {
    show(texts.wait, "waiting");
    const link = linkInFragment();
    const { outcome } = link ? await post(path, bodyOf(link), texts) : { outcome: "link-unknown" };
    if (outcome === "done") {
      forgetLink();
      show(texts.done, "done");
      return;
    }
    const shown = outcome in texts ? outcome : "link-unknown";
    show(texts[shown], "wrong", isRetryable(shown) ? texts.again : "");
  }

  part("go").addEventListener("click", confirm);
  if (linkInFragment()) show(texts.ask, "", texts.confirm);
  else show(texts["link-unknown"], "wrong");
}
