// Asks for a new password twice and posts it with the link. Only the service checks passwords; its
// messages, in the requested language, are shown unchanged.

import { forgetLink, isRetryable, linkInFragment, part, post, show, textsInLanguage } from "/pages/page.js";

const texts = textsInLanguage({
  es: {
    ask: ["Cree una contraseña nueva", "Use al menos 15 caracteres. Una frase larga que solo usted conozca es una buena contraseña."],
    password: "Contraseña nueva",
    repeated: "Escríbala otra vez",
    save: "Guardar contraseña",
    reveal: "Mostrar lo que escribo",
    different: "Las dos contraseñas no son iguales.",
    empty: "Escriba la contraseña nueva.",
    wait: ["Guardando su contraseña", "Un momento, por favor."],
    done: ["Su contraseña quedó guardada", "Ya puede volver e iniciar sesión con su documento y su contraseña nueva."],
    "link-expired": ["Este enlace ya no sirve", "Venció o ya se usó. Pida uno nuevo donde inicia sesión."],
  },
  en: {
    ask: ["Choose a new password", "Use at least 15 characters. A long phrase that only you know makes a good password."],
    password: "New password",
    repeated: "Repeat the password",
    save: "Save password",
    reveal: "Show what I type",
    different: "The two passwords are different.",
    empty: "Enter the new password.",
    wait: ["Saving your password", "One moment, please."],
    done: ["Your password is saved", "You can now go back and sign in with your document and your new password."],
    "link-expired": ["This link is no longer valid", "It has expired or was used. Request a new one on the sign-in page."],
  },
});

function ask() {
  show(texts.ask, "", texts.save);
  part("form").hidden = false;
}

function showError(sentence) {
  ask();
  part("error-message").textContent = sentence;
  part("password").setAttribute("aria-invalid", String(Boolean(sentence)));
  if (sentence) part("password").focus();
}

async function save(event) {
  event.preventDefault();
  const [password, repeated] = [part("password").value, part("repeated").value];
  if (!password) return showError(texts.empty);
  if (password !== repeated) return showError(texts.different);
  const link = linkInFragment();
  if (!link) return end("link-unknown");
  showError("");
  part("form").hidden = true;
  show(texts.wait, "waiting");
  const body = { link_id: link.id, token: link.token, password };
  const { outcome, errors } = await post("/onboarding/v1/password-resets/confirmation", body, texts);
  const about = (errors || []).filter((error) => error.field === "password" && error.message);
  if (about.length) return showError(about.map((error) => error.message).join(" "));
  return end(outcome in texts ? outcome : "link-unknown");
}

function end(outcome) {
  if (isRetryable(outcome)) {
    ask();
    return showError(texts[outcome].join(". "));
  }
  part("form").hidden = true;
  part("form").reset();
  show(texts[outcome], outcome === "done" ? "done" : "wrong");
  if (outcome === "done") forgetLink();
}

function reveal() {
  for (const id of ["password", "repeated"]) part(id).type = part("reveal").checked ? "text" : "password";
}

part("password-label").textContent = texts.password;
part("repeated-label").textContent = texts.repeated;
part("reveal-label").textContent = texts.reveal;
part("form").addEventListener("submit", save);
part("reveal").addEventListener("change", reveal);
if (linkInFragment()) ask();
else end("link-unknown");
