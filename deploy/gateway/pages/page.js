// Shared by the pages behind e-mailed links: language, display, the link in the URL fragment (which
// browsers never send to a server), and the outcome of posting it.

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
    "link-used": ["This link has already been used", "If you need another one, request it again."],
    "link-expired": ["This link is no longer valid", "It has expired or was used. Request a new one and try again."],
    "link-unknown": ["This link is not valid", "Open the complete link from the e-mail that we sent you."],
    busy: ["Please wait a moment", "There are many requests right now. Try again in a few seconds."],
    failed: ["Something went wrong", "Check your connection and try again. Your link is still valid."],
  },
};
const SAME = { "confirmation-expired": "link-expired", "too-many-requests": "busy" };

export const language = (navigator.languages || [navigator.language || "es"])
  .map((tag) => tag.slice(0, 2).toLowerCase())
  .find((tag) => tag in COMMON) || "es";

export const part = (id) => document.getElementById(id);

/** The page's texts in the browser's language; each outcome has a title and a text. */
export function textsInLanguage(ownTexts) {
  document.documentElement.lang = language;
  return { ...COMMON[language], ...ownTexts[language] };
}

/** Show an outcome; `button` is the button's label, an empty one hides it. */
export function show([title, text], mark = "", button = "") {
  part("title").textContent = title;
  part("text").textContent = text;
  part("mark").className = `mark ${mark}`;
  part("go").hidden = !button;
  part("go").textContent = button;
}

/** Id and token of "#<id>.<token>"; null for anything else. */
export function linkInFragment() {
  const [id, token, ...rest] = location.hash.slice(1).split(".");
  return id && token && rest.length === 0 ? { id, token } : null;
}

/** Remove a used link from the browser's history. */
export function forgetLink() {
  history.replaceState(null, "", location.pathname);
}

/** Post as JSON; the outcome is "done", a key of `texts`, or "refused" with field errors. */
export async function post(path, body, texts) {
  let response;
  try {
    response = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json", "Accept-Language": language },
      body: JSON.stringify(body),
    });
  } catch {
    return { outcome: "failed" };
  }
  if (response.ok) return { outcome: "done" };
  if (response.status === 429) return { outcome: "busy" };
  const problem = await response.json().catch(() => ({}));
  const type = String(problem.type || "").split(":").pop();
  const known = SAME[type] || type;
  if (known in texts) return { outcome: known };
  const errors = Array.isArray(problem.errors) ? problem.errors : [];
  if (errors.length) return { outcome: "refused", errors };
  if (response.status === 404 || response.status === 422) return { outcome: "link-unknown" };
  if (response.status === 410) return { outcome: "link-expired" };
  return { outcome: "failed" };
}

export const isRetryable = (outcome) => outcome === "failed" || outcome === "busy";
