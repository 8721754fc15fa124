/** Entry of the registration: texts, session and the application of the five steps. */
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { preferredLanguage, switchLanguage } from "@/i18n";
import { takeMailLink } from "@/session/mailLink";
import { restoreSession } from "@/session/session";
import { App } from "./App";
import "./styles/page.css";
import "./styles/form.css";
import "./styles/steps.css";

// Before anything else, so that the token does not stay in the address.
takeMailLink();
await switchLanguage(preferredLanguage(), "registration");
void restoreSession();
const root = document.getElementById("root");
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
