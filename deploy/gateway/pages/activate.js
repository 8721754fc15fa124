// Asks for the password of the registration and posts it with the link: the link proves the mailbox,
// the password decides which registration of the document becomes the account. Who does not remember
// it gives the details again, with a new password.

import { forgetLink, isRetryable, language, linkInFragment, part, post, show, textsInLanguage } from "/pages/page.js";

const texts = textsInLanguage({
  es: {
    ask: ["Active su cuenta", "Escriba la contraseña que eligió al registrarse para confirmar que este correo es suyo."],
    password: "Contraseña",
    reveal: "Mostrar lo que escribo",
    confirm: "Activar mi cuenta",
    forgotten: "No recuerdo la contraseña",
    askAnew: ["Active su cuenta", "Confirme sus datos y elija una contraseña nueva, de al menos 15 caracteres."],
    newPassword: "Contraseña nueva",
    given_names: "Nombres",
    surnames: "Apellidos",
    birth_date: "Fecha de nacimiento",
    phone: "Celular",
    empty: "Escriba la contraseña.",
    "password-wrong": ["Contraseña incorrecta", "Esa no es la contraseña con la que se registró desde este correo."],
    wait: ["Activando su cuenta", "Un momento, por favor."],
    done: ["Su cuenta está activa", "Ya puede volver e iniciar sesión con su documento y su contraseña."],
    "link-used": ["Este enlace ya se usó", "Si usted activó su cuenta, inicie sesión con su documento y su contraseña."],
    "link-expired": ["Este enlace venció", "Pida un nuevo correo de activación e inténtelo otra vez."],
    "document-activated-by-another": ["Este documento ya tiene una cuenta", "La cuenta se activó desde otro correo. Si no fue usted, comuníquese con nosotros."],
  },
  en: {
    ask: ["Activate your account", "Enter the password that you chose when you registered, to confirm that this e-mail address is yours."],
    password: "Password",
    reveal: "Show what I type",
    confirm: "Activate my account",
    forgotten: "I do not remember the password",
    askAnew: ["Activate your account", "Confirm your details and choose a new password of at least 15 characters."],
    newPassword: "New password",
    given_names: "Given names",
    surnames: "Surnames",
    birth_date: "Birth date",
    phone: "Mobile phone",
    empty: "Enter the password.",
    "password-wrong": ["Wrong password", "This is not the password that you registered with from this e-mail address."],
    wait: ["Activating your account", "One moment, please."],
    done: ["Your account is active", "You can now go back and sign in with your document and your password."],
    "link-used": ["This link has already been used", "If you activated your account, sign in with your document and your password."],
    "link-expired": ["This link has expired", "Request a new activation e-mail and try again."],
    "document-activated-by-another": ["This document already has an account", "It was activated from another e-mail address. If that was not you, contact us."],
  },
});

const DETAILS = ["given_names", "surnames", "birth_date", "phone"];
let anew = false;
let offered = [];

function ask() {
  show(anew ? texts.askAnew : texts.ask, "", texts.confirm);
  part("form").hidden = false;
}

function showError(sentence) {
  ask();
  part("error-message").textContent = sentence;
  part("password").setAttribute("aria-invalid", String(Boolean(sentence)));
  if (sentence) part(anew ? "given_names" : "password").focus();
}

/** Ask for the details and a new password in place of the password. */
async function forget() {
  const response = await fetch(`/onboarding/v1/consent-texts?locale=${language}`).catch(() => null);
  if (!response || !response.ok) return showError(texts.failed.join(". "));
  offered = (await response.json()).items;
  part("consents").replaceChildren(...offered.map(choiceOf));
  anew = true;
  part("anew").hidden = false;
  part("forgotten").hidden = true;
  part("password").value = "";
  part("password").autocomplete = "new-password";
  part("password-label").textContent = texts.newPassword;
  return showError("");
}

function choiceOf(consent) {
  const choice = document.createElement("p");
  const [box, label] = [document.createElement("input"), document.createElement("label")];
  box.type = "checkbox";
  box.id = label.htmlFor = `consent-${consent.purpose}`;
  label.textContent = consent.text;
  choice.className = "choice";
  choice.append(box, label);
  return choice;
}

function bodyOf(link, password) {
  const body = { link_id: link.id, token: link.token };
  if (!anew) return { ...body, password };
  const details = Object.fromEntries(DETAILS.map((name) => [name, part(name).value]));
  const consents = offered
    .filter(({ purpose }) => part(`consent-${purpose}`).checked)
    .map(({ purpose, text_version }) => ({ purpose, text_version }));
  return { ...body, new_password: password, details: { ...details, consents } };
}

async function activate(event) {
  event.preventDefault();
  const password = part("password").value;
  if (!password) return showError(texts.empty);
  const link = linkInFragment();
  if (!link) return end("link-unknown");
  const body = bodyOf(link, password);
  showError("");
  part("form").hidden = true;
  show(texts.wait, "waiting");
  const { outcome, errors } = await post("/onboarding/v1/activations", body, texts);
  const about = (errors || []).filter((error) => error.message);
  if (about.length) return showError(about.map((error) => error.message).join(". "));
  return end(outcome in texts ? outcome : "link-unknown");
}

function end(outcome) {
  if (isRetryable(outcome) || outcome === "password-wrong") return showError(texts[outcome].join(". "));
  part("form").hidden = true;
  part("form").reset();
  show(texts[outcome], outcome === "done" ? "done" : "wrong");
  if (outcome === "done") forgetLink();
}

for (const name of [...DETAILS, "password", "reveal"]) {
  part(`${name}-label`).textContent = texts[name];
}
part("forgotten").textContent = texts.forgotten;
part("forgotten").addEventListener("click", forget);
part("form").addEventListener("submit", activate);
part("reveal").addEventListener("change", () => {
  part("password").type = part("reveal").checked ? "text" : "password";
});
if (linkInFragment()) ask();
else end("link-unknown");
