/** Entry of the console: texts, session, then the application. */
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { startI18n } from "@/i18n";
import { restoreSession } from "@/session/session";
import { App } from "./App";
import "./console.css";

await startI18n("console");
void restoreSession();
const root = document.getElementById("root");
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
