import { confirmation } from "/pages/confirmation.js";

confirmation({
  path: "/onboarding/v1/contact-changes/confirmation",
  bodyOf: ({ id, token }) => ({ change_id: id, token }),
  ownTexts: {
    es: {
      ask: ["Confirme su correo nuevo", "Confirme que este correo es suyo para que lo usemos en su cuenta."],
      confirm: "Confirmar mi correo",
      wait: ["Confirmando su correo", "Un momento, por favor."],
      done: ["Su correo quedó confirmado", "Desde ahora le escribiremos a esta dirección."],
    },
    en: {
      ask: ["Confirm your new address", "Confirm that this e-mail address is yours so that we can use it for your account."],
      confirm: "Confirm my address",
      wait: ["Confirming your address", "One moment, please."],
      done: ["Your address is confirmed", "From now on we will write to this address."],
    },
  },
});
