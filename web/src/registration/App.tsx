/** The registration: providers, the frame of all pages, and a page for each address. */
import { QueryClientProvider } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { BrowserRouter, Route, Routes } from "react-router";
import { newQueryClient } from "@/api/queryClient";
import { Frame } from "./layout/Frame";
import { LoadFailure } from "./layout/LoadFailure";
import { Page } from "./layout/Page";
import { Waiting } from "./layout/Waiting";
import { RegistrationProvider } from "./personal-data/RegistrationContext";
import { SignedInOnly } from "./sign-in/SignedInOnly";
import { StartPage } from "./start/StartPage";

const PersonalDataPage = lazy(() => import("./personal-data/PersonalDataPage"));
const MailPage = lazy(() => import("./personal-data/MailPage"));
const ActivationPage = lazy(() => import("./activation/ActivationPage"));
const PasswordResetPage = lazy(() => import("./activation/PasswordResetPage"));
const ContactConfirmationPage = lazy(() => import("./activation/ContactConfirmationPage"));
const SignInPage = lazy(() => import("./sign-in/SignInPage"));
const ForgottenPasswordPage = lazy(() => import("./sign-in/ForgottenPasswordPage"));
const ApplicationPage = lazy(() => import("./application/ApplicationPage"));
const EmploymentPage = lazy(() => import("./employment/EmploymentPage"));
const DocumentsPage = lazy(() => import("./documents/DocumentsPage"));
const AccountPage = lazy(() => import("./account/AccountPage"));

const queryClient = newQueryClient();

export function App() {
  return (
    <QueryClientProvider client={queryClient}>
      <BrowserRouter>
        <RegistrationProvider>
          <Frame>
            <LoadFailure>
              <Suspense fallback={<Waiting />}>
                <Pages />
              </Suspense>
            </LoadFailure>
          </Frame>
        </RegistrationProvider>
      </BrowserRouter>
    </QueryClientProvider>
  );
}

function Pages() {
  return (
    <Routes>
      <Route path="/" element={<StartPage />} />
      <Route path="/registration" element={<PersonalDataPage />} />
      <Route path="/registration/mail" element={<MailPage />} />
      <Route path="/activate" element={<ActivationPage />} />
      <Route path="/reset-password" element={<PasswordResetPage />} />
      <Route path="/confirm-contact" element={<ContactConfirmationPage />} />
      <Route path="/sign-in" element={<SignInPage />} />
      <Route path="/sign-in/forgotten" element={<ForgottenPasswordPage />} />
      <Route element={<SignedInOnly />}>
        <Route path="/application" element={<ApplicationPage />} />
        <Route path="/application/employment" element={<EmploymentPage />} />
        <Route path="/application/documents" element={<DocumentsPage />} />
        <Route path="/account" element={<AccountPage />} />
      </Route>
      <Route path="*" element={<NotFoundPage />} />
    </Routes>
  );
}

function NotFoundPage() {
  const { t } = useTranslation();
  return <Page title={t("notFound")} />;
}
