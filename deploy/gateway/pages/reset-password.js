// Asks for a new password twice and spends the link with it. The service alone judges passwords:
// what it says of one is shown as it is, in the language that was asked for.

import { canBeTriedAgain, forgetLink, inWords, linkInFragment, part, post, show } from "/pages/page.js";

const words = inWords({
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
    repeated: "The same again",
    save: "Save password",
    reveal: "Show what I type",
    different: "The two passwords are not the same.",
    empty: "Type the new password.",
    wait: ["Saving your password", "One moment, please."],
    done: ["Your password is saved", "You can go back now and sign in with your document and your new password."],
    "link-expired": ["This link is no longer good", "It has expired or was used. Ask for a new one where you sign in."],
  },
});

function ask() {
  show(words.ask, "", words.save);
  part("form").hidden = false;
}

function complain(sentence) {
  ask();
  part("complaint").textContent = sentence;
  part("password").setAttribute("aria-invalid", String(Boolean(sentence)));
  if (sentence) part("password").focus();
}

async function save(event) {
  event.preventDefault();
  const [password, repeated] = [part("password").value, part("repeated").value];
  if (!password) return complain(words.empty);
  if (password !== repeated) return complain(words.different);
  const link = linkInFragment();
  if (!link) return end("link-unknown");
  complain("");
  part("form").hidden = true;
  show(words.wait, "waiting");
  const body = { link_id: link.id, token: link.token, password };
  const { outcome, errors } = await post("/onboarding/v1/password-resets/confirmation", body, words);
  const about = (errors || []).filter((error) => error.field === "password" && error.message);
  if (about.length) return complain(about.map((error) => error.message).join(" "));
  return end(outcome in words ? outcome : "link-unknown");
}

function end(outcome) {
  if (canBeTriedAgain(outcome)) {
    ask();
    return complain(words[outcome].join(". "));
  }
  part("form").hidden = true;
  part("form").reset();
  show(words[outcome], outcome === "done" ? "done" : "wrong");
  if (outcome === "done") forgetLink();
}

function reveal() {
  for (const id of ["password", "repeated"]) part(id).type = part("reveal").checked ? "text" : "password";
}

part("password-label").textContent = words.password;
part("repeated-label").textContent = words.repeated;
part("reveal-label").textContent = words.reveal;
part("form").addEventListener("submit", save);
part("reveal").addEventListener("change", reveal);
if (linkInFragment()) ask();
else end("link-unknown");
