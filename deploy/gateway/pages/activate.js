// Asks for the password of the registration and posts it with the link: the link proves the mailbox,
// the password decides which registration of the document becomes the account.

import { forgetLink, isRetryable, linkInFragment, part, post, show, textsInLanguage } from "/pages/page.js";

const texts = textsInLanguage({
  es: {
    ask: ["Active su cuenta", "Escriba la contraseña que eligió al registrarse para confirmar que este correo es suyo."],
    password: "Contraseña",
    reveal: "Mostrar lo que escribo",
    confirm: "Activar mi cuenta",
    forgotten: "¿No la recuerda? Regístrese otra vez con este mismo correo y elija una nueva: recibirá otro enlace.",
    empty: "Escriba la contraseña que eligió al registrarse.",
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
    forgotten: "Forgot it? Register again with this same e-mail address and choose a new one: you will get another link.",
    empty: "Enter the password that you chose when you registered.",
    "password-wrong": ["Wrong password", "This is not the password that you registered with from this e-mail address."],
    wait: ["Activating your account", "One moment, please."],
    done: ["Your account is active", "You can now go back and sign in with your document and your password."],
    "link-used": ["This link has already been used", "If you activated your account, sign in with your document and your password."],
    "link-expired": ["This link has expired", "Request a new activation e-mail and try again."],
    "document-activated-by-another": ["This document already has an account", "It was activated from another e-mail address. If that was not you, contact us."],
  },
});

function ask() {
  show(texts.ask, "", texts.confirm);
  part("form").hidden = false;
}

function showError(sentence) {
  ask();
  part("error-message").textContent = sentence;
  part("password").setAttribute("aria-invalid", String(Boolean(sentence)));
  if (sentence) part("password").focus();
}

async function activate(event) {
  event.preventDefault();
  const password = part("password").value;
  if (!password) return showError(texts.empty);
  const link = linkInFragment();
  if (!link) return end("link-unknown");
  showError("");
  part("form").hidden = true;
  show(texts.wait, "waiting");
  const body = { link_id: link.id, token: link.token, password };
  const { outcome } = await post("/onboarding/v1/activations", body, texts);
  return end(outcome in texts ? outcome : "link-unknown");
}

function end(outcome) {
  if (isRetryable(outcome) || outcome === "password-wrong") return showError(texts[outcome].join(". "));
  part("form").hidden = true;
  part("form").reset();
  show(texts[outcome], outcome === "done" ? "done" : "wrong");
  if (outcome === "done") forgetLink();
}

part("password-label").textContent = texts.password;
part("reveal-label").textContent = texts.reveal;
part("forgotten").textContent = texts.forgotten;
part("form").addEventListener("submit", activate);
part("reveal").addEventListener("change", () => {
  part("password").type = part("reveal").checked ? "text" : "password";
});
if (linkInFragment()) ask();
else end("link-unknown");
