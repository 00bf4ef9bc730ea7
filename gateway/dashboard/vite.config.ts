import { defineConfig } from "vitest/config";

/** Where `npm run dev` finds a running platform. */
const gateway = "http://127.0.0.1:8080";

export default defineConfig({
  base: "/",
  build: {
    target: ["chrome123", "firefox121", "safari17.5"],
    outDir: "dist",
    // A data: address would need its own rule in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    host: "127.0.0.1",
    proxy: {
      "/api": gateway,
      "/ws": { target: gateway, ws: true },
    },
  },
  test: { include: ["tests/**/*.test.ts"], environment: "node" },
});
