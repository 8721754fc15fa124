/** The pages that are loaded when they are opened, or before that when they are likely next. */
import { lazy, useEffect } from "react";
import { useLocation } from "react-router";

const personalData = () => import("./personal-data/PersonalDataPage");
const mail = () => import("./personal-data/MailPage");
const signIn = () => import("./sign-in/SignInPage");
const application = () => import("./application/ApplicationPage");
const employment = () => import("./employment/EmploymentPage");
const documents = () => import("./documents/DocumentsPage");

export const PersonalDataPage = lazy(personalData);
export const MailPage = lazy(mail);
export const ActivationPage = lazy(() => import("./activation/ActivationPage"));
export const PasswordResetPage = lazy(() => import("./activation/PasswordResetPage"));
export const ContactConfirmationPage = lazy(() => import("./activation/ContactConfirmationPage"));
export const SignInPage = lazy(signIn);
export const ForgottenPasswordPage = lazy(() => import("./sign-in/ForgottenPasswordPage"));
export const ApplicationPage = lazy(application);
export const EmploymentPage = lazy(employment);
export const DocumentsPage = lazy(documents);
export const AccountPage = lazy(() => import("./account/AccountPage"));

const NEXT: Readonly<Record<string, (() => Promise<unknown>)[]>> = {
  "/": [personalData, signIn],
  "/registration": [mail],
  "/activate": [application],
  "/sign-in": [application],
  "/application": [employment, documents],
  "/application/employment": [documents],
};
const AHEAD_MS = 1_500;

/**
 * Load the next pages while the shown one is read, so that a bad network does not delay them. To
 * be rendered beside the page, within its `Suspense`: the time begins when the page is shown.
 */
export function NextPages(): null {
  const { pathname } = useLocation();
  useEffect(() => {
    const load = () => NEXT[pathname]?.map((page) => page().catch(() => null));
    const timer = setTimeout(load, AHEAD_MS);
    return () => clearTimeout(timer);
  }, [pathname]);
  return null;
}
