/** The registration: providers, the frame of all pages, and a page for each address. */
import { QueryClientProvider } from "@tanstack/react-query";
import { Suspense } from "react";
import { BrowserRouter, Route, Routes } from "react-router";
import { newQueryClient } from "@/api/queryClient";
import { useTranslation } from "@/i18n";
import { Frame } from "./layout/Frame";
import { LoadFailure } from "./layout/LoadFailure";
import { Page } from "./layout/Page";
import { Waiting } from "./layout/Waiting";
import {
  AccountPage,
  ActivationPage,
  ApplicationPage,
  ContactConfirmationPage,
  DocumentsPage,
  EmploymentPage,
  ForgottenPasswordPage,
  MailPage,
  NextPages,
  PasswordResetPage,
  PersonalDataPage,
  SignInPage,
} from "./pages";
import { RegistrationProvider } from "./personal-data/RegistrationContext";
import { SignedInOnly } from "./sign-in/SignedInOnly";
import { StartPage } from "./start/StartPage";

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
                <NextPages />
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
