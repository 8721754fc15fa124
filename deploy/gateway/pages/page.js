// What the small pages behind e-mailed links share: the language, what is shown, the link in the
// fragment (which the browser itself never sends), and what an answer means in words.

const COMMON = {
  es: {
    again: "Intentar de nuevo",
    "link-used": ["Este enlace ya se usó", "Si necesita otro, pídalo de nuevo."],
    "link-expired": ["Este enlace ya no sirve", "Venció o ya se usó. Pida otro e inténtelo de nuevo."],
    "link-unknown": ["Este enlace no es válido", "Abra el enlace completo desde el correo que le enviamos."],
    busy: ["Espere un momento", "Hay muchas solicitudes en este momento. Inténtelo de nuevo en unos segundos."],
    failed: ["No se pudo completar", "Revise su conexión e inténtelo de nuevo. Su enlace sigue siendo válido."],
  },
  en: {
    again: "Try again",
    "link-used": ["This link was used already", "If you need another one, ask for it again."],
    "link-expired": ["This link is no longer good", "It has expired or was used. Ask for another one and try again."],
    "link-unknown": ["This link is not valid", "Open the whole link from the e-mail that we sent you."],
    busy: ["Please wait a moment", "There are many requests right now. Try again in a few seconds."],
    failed: ["It could not be done", "Check your connection and try again. Your link is still valid."],
  },
};
const SAME = { "confirmation-expired": "link-expired", "too-many-requests": "busy" };

export const language = (navigator.languages || [navigator.language || "es"])
  .map((tag) => tag.slice(0, 2).toLowerCase())
  .find((tag) => tag in COMMON) || "es";

export const part = (id) => document.getElementById(id);

/** Choose the page's words in the browser's language; each outcome is a title and a text. */
export function inWords(own) {
  document.documentElement.lang = language;
  return { ...COMMON[language], ...own[language] };
}

/** Show an outcome; `button` is the button's label, none hides it. */
export function show([title, text], mark = "", button = "") {
  part("title").textContent = title;
  part("text").textContent = text;
  part("mark").className = `mark ${mark}`;
  part("go").hidden = !button;
  part("go").textContent = button;
}

/** Give id and token of "#<id>.<token>"; null for anything else. */
export function linkInFragment() {
  const [id, token, ...rest] = location.hash.slice(1).split(".");
  return id && token && rest.length === 0 ? { id, token } : null;
}

/** Once it is spent, a link does not belong into the browser's history. */
export function forgetLink() {
  history.replaceState(null, "", location.pathname);
}

/** Post as JSON; give "done", a word of `words`, or "refused" with the problem's field errors. */
export async function post(path, body, words) {
  let answer;
  try {
    answer = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json", "Accept-Language": language },
      body: JSON.stringify(body),
    });
  } catch {
    return { outcome: "failed" };
  }
  if (answer.ok) return { outcome: "done" };
  if (answer.status === 429) return { outcome: "busy" };
  const problem = await answer.json().catch(() => ({}));
  const type = String(problem.type || "").split(":").pop();
  const known = SAME[type] || type;
  if (known in words) return { outcome: known };
  const errors = Array.isArray(problem.errors) ? problem.errors : [];
  if (errors.length) return { outcome: "refused", errors };
  if (answer.status === 404 || answer.status === 422) return { outcome: "link-unknown" };
  if (answer.status === 410) return { outcome: "link-expired" };
  return { outcome: "failed" };
}

export const canBeTriedAgain = (outcome) => outcome === "failed" || outcome === "busy";
