/** Entry of the console: texts, session, then the application. */
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { preferredLanguage, switchLanguage } from "@/i18n";
import { takeMailLink } from "@/session/mailLink";
import { restoreSession } from "@/session/session";
import { App } from "./App";
import "./console.css";

// Before anything else, so that the token does not stay in the address.
takeMailLink();
await switchLanguage(preferredLanguage(), "console");
void restoreSession();
const root = document.getElementById("root");
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
