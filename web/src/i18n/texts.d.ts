import type common from "./es/common.json";
import type console from "./es/console.json";
import type registration from "./es/registration.json";

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "console";
    fallbackNS: "common";
    resources: {
      common: typeof common;
      console: typeof console;
      registration: typeof registration;
    };
  }
}
