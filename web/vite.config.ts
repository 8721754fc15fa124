import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { constructableStyles } from "./vite/constructableStyles.ts";

const gateway = process.env.VINCULO_GATEWAY ?? "http://127.0.0.1:8080";

export default defineConfig({
  base: "/",
  plugins: [react(), constructableStyles()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    target: ["chrome111", "safari16.4", "firefox114"],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { input: { registration: "registration.html", console: "console.html" } },
  },
  server: {
    proxy: Object.fromEntries(
      ["/onboarding", "/documents", "/registry", "/query", "/.well-known"].map((path) => [
        path,
        gateway,
      ]),
    ),
  },
  test: { environment: "jsdom", include: ["src/**/*.test.{ts,tsx}"] },
});
