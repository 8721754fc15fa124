// Spends an activation link: the fragment holds "<link id>.<token>" and is never sent by the
// browser itself. Only a press of the button posts it, so that a mail scanner that opens the
// page does not use up the link.
"use strict";

const WORDS = {
  es: {
    ask: ["Active su cuenta", "Confirme que este correo es suyo para continuar con su registro."],
    activate: "Activar mi cuenta",
    again: "Intentar de nuevo",
    wait: ["Activando su cuenta", "Un momento, por favor."],
    done: ["Su cuenta está activa", "Ya puede volver e iniciar sesión con su documento y su contraseña."],
    "link-used": ["Este enlace ya se usó", "Si usted activó su cuenta, inicie sesión con su documento y su contraseña."],
    "link-expired": ["Este enlace venció", "Pida un nuevo correo de activación e inténtelo otra vez."],
    "link-unknown": ["Este enlace no es válido", "Abra el enlace completo desde el correo que le enviamos."],
    busy: ["Espere un momento", "Hay muchas solicitudes en este momento. Inténtelo de nuevo en unos segundos."],
    failed: ["No se pudo activar", "Revise su conexión e inténtelo de nuevo. Su enlace sigue siendo válido."],
  },
  en: {
    ask: ["Activate your account", "Confirm that this e-mail address is yours to go on with your registration."],
    activate: "Activate my account",
    again: "Try again",
    wait: ["Activating your account", "One moment, please."],
    done: ["Your account is active", "You can go back now and sign in with your document and your password."],
    "link-used": ["This link was used already", "If you activated your account, sign in with your document and your password."],
    "link-expired": ["This link has expired", "Ask for a new activation e-mail and try again."],
    "link-unknown": ["This link is not valid", "Open the whole link from the e-mail that we sent you."],
    busy: ["Please wait a moment", "There are many requests right now. Try again in a few seconds."],
    failed: ["It could not be activated", "Check your connection and try again. Your link is still valid."],
  },
};

const language = (navigator.languages || [navigator.language || "es"])
  .map((tag) => tag.slice(0, 2).toLowerCase())
  .find((tag) => tag in WORDS) || "es";
const words = WORDS[language];
const part = (id) => document.getElementById(id);

function show(what, mark, button) {
  [part("title").textContent, part("text").textContent] = words[what];
  part("mark").className = `mark ${mark}`;
  part("activate").hidden = !button;
  part("activate").textContent = button || "";
}

function link() {
  const [id, token, ...rest] = location.hash.slice(1).split(".");
  return id && token && rest.length === 0 ? { link_id: id, token } : null;
}

async function activate() {
  show("wait", "waiting");
  let outcome = "failed";
  try {
    const answer = await fetch("/onboarding/v1/activations", {
      method: "POST",
      headers: { "Content-Type": "application/json", "Accept-Language": language },
      body: JSON.stringify(link()),
    });
    outcome = await outcomeOf(answer);
  } catch {
    // No answer at all: the words for "failed" say what to do.
  }
  if (outcome === "done") {
    history.replaceState(null, "", location.pathname);
    show("done", "done");
  } else {
    show(outcome, "wrong", outcome === "failed" || outcome === "busy" ? words.again : "");
  }
}

async function outcomeOf(answer) {
  if (answer.ok) return "done";
  if (answer.status === 429) return "busy";
  const problem = await answer.json().catch(() => ({}));
  const type = String(problem.type || "").split(":").pop();
  if (type in words) return type;
  return answer.status === 404 || answer.status === 422 ? "link-unknown" : "failed";
}

document.documentElement.lang = language;
part("activate").addEventListener("click", activate);
if (link()) show("ask", "", words.activate);
else show("link-unknown", "wrong");
