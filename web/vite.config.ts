import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { constructableStyles } from "./vite/constructableStyles.ts";
import { firstLoadBudget } from "./vite/firstLoadBudget.ts";

const gateway = process.env.VINCULO_GATEWAY ?? "http://127.0.0.1:8080";

/** Modules that are loaded together: few larger files compress better than many small ones. */
const chunks = [
  {
    name: "framework",
    test: /\/node_modules\/(react|react-dom|scheduler|react-router|@tanstack|openapi-fetch)\//,
    priority: 3,
  },
  { name: "services", test: /\/src\/(api|session|i18n)\/.*\.tsx?$/, priority: 2 },
  {
    name: "frame",
    test: /\/registration\/(layout|personal-data\/(RegistrationContext|personalData)\b|activation\/mailLink)/,
    priority: 1,
  },
  {
    name: "form",
    test: /\/react-hook-form\/|\/registration\/(fields|forms|rules|personal-data\/(use|\w+Field))/,
  },
];

const commonTexts = "i18n/es/common.json";
const registration = ["registration/main.tsx", commonTexts, "i18n/es/registration.json"];
const console = ["console/main.tsx", commonTexts, "i18n/es/console.json"];

export default defineConfig({
  base: "/",
  plugins: [
    react(),
    constructableStyles(),
    firstLoadBudget([
      { page: "registration/start/StartPage.tsx", with: registration, budget: 120 },
      { page: "registration/personal-data/PersonalDataPage.tsx", with: registration, budget: 135 },
      { page: "registration/sign-in/SignInPage.tsx", with: registration, budget: 135 },
      { page: "console/lists/ListPage.tsx", with: console, budget: 420 },
    ]),
  ],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    target: ["chrome111", "safari16.4", "firefox114"],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: { registration: "registration.html", console: "console.html" },
      output: { codeSplitting: { groups: chunks } },
    },
  },
  server: {
    proxy: Object.fromEntries(
      ["/onboarding", "/documents", "/registry", "/notifications", "/query", "/.well-known"].map(
        (path) => [path, gateway],
      ),
    ),
  },
  test: { environment: "jsdom", include: ["src/**/*.test.{ts,tsx}", "vite/*.test.ts"] },
});
