import { confirmation } from "/pages/confirmation.js";

confirmation({
  path: "/onboarding/v1/activations",
  bodyOf: ({ id, token }) => ({ link_id: id, token }),
  ownTexts: {
    es: {
      ask: ["Active su cuenta", "Confirme que este correo es suyo para continuar con su registro."],
      confirm: "Activar mi cuenta",
      wait: ["Activando su cuenta", "Un momento, por favor."],
      done: ["Su cuenta está activa", "Ya puede volver e iniciar sesión con su documento y su contraseña."],
      "link-used": ["Este enlace ya se usó", "Si usted activó su cuenta, inicie sesión con su documento y su contraseña."],
      "link-expired": ["Este enlace venció", "Pida un nuevo correo de activación e inténtelo otra vez."],
    },
    en: {
      ask: ["Activate your account", "Confirm that this e-mail address is yours to continue your registration."],
      confirm: "Activate my account",
      wait: ["Activating your account", "One moment, please."],
      done: ["Your account is active", "You can now go back and sign in with your document and your password."],
      "link-used": ["This link has already been used", "If you activated your account, sign in with your document and your password."],
      "link-expired": ["This link has expired", "Request a new activation e-mail and try again."],
    },
  },
});
