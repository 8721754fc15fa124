/** The console: providers, then a page behind a mailed link, the sign-in or the guarded pages. */
import { QueryClientProvider } from "@tanstack/react-query";
import { App as AntApp, ConfigProvider, Spin } from "antd";
import { useEffect, useState } from "react";
import { BrowserRouter, Route, Routes } from "react-router";
import { newQueryClient } from "@/api/queryClient";
import { useTranslation } from "@/i18n";
import { SignedInProvider, useSession, useSignedInQuery } from "@/session/SignedInContext";
import { Pages } from "./Pages";
import { ForgottenPasswordPage } from "./sign-in/ForgottenPasswordPage";
import { InvitationPage } from "./sign-in/InvitationPage";
import { LockedPage } from "./sign-in/LockedPage";
import { PasswordResetPage } from "./sign-in/PasswordResetPage";
import { SignInPage } from "./sign-in/SignInPage";
import { locales, theme } from "./theme";
import { ReadNotice } from "./ui/ReadNotice";

const queryClient = newQueryClient();

export function App() {
  const { language } = useTranslation("console");
  return (
    <ConfigProvider theme={theme} locale={locales[language]} button={{ autoInsertSpace: false }}>
      <AntApp>
        <QueryClientProvider client={queryClient}>
          <BrowserRouter basename="/console">
            <Routes>
              <Route path="invitation" element={<InvitationPage />} />
              <Route path="reset-password" element={<PasswordResetPage />} />
              <Route path="forgotten-password" element={<ForgottenPasswordPage />} />
              <Route path="*" element={<Guarded />} />
            </Routes>
          </BrowserRouter>
        </QueryClientProvider>
      </AntApp>
    </ConfigProvider>
  );
}

function Guarded() {
  const session = useSession();
  // Kept in memory, so that a locked console asks for the password only.
  const [email, setEmail] = useState<string | null>(null);
  switch (session.status) {
    case "starting":
      return <Waiting />;
    case "signed-out":
      queryClient.clear();
      return session.reason === "locked" && email !== null ? (
        <LockedPage email={email} onOther={() => setEmail(null)} />
      ) : (
        <SignInPage reason={session.reason} />
      );
    case "signed-in":
      return <ForStaff key={session.subject} subject={session.subject} onKnown={setEmail} />;
  }
}

interface ForStaffProps {
  subject: string;
  onKnown: (email: string) => void;
}

function ForStaff({ subject, onKnown }: ForStaffProps) {
  const me = useSignedInQuery(subject);
  const email = me.data?.email;
  useEffect(() => {
    if (email) onKnown(email);
  }, [email, onKnown]);
  if (me.isPending) return <Waiting />;
  if (me.data === undefined) return <ReadNotice reads={me} />;
  // A person's own session opens the registration's pages, not the console.
  if (!me.data.roles.some((role) => role !== "applicant")) return <SignInPage reason={null} />;
  return (
    <SignedInProvider me={me.data}>
      <Pages />
    </SignedInProvider>
  );
}

function Waiting() {
  const { t } = useTranslation("console");
  return (
    <div className="waiting" role="status" aria-label={t("waiting")}>
      <Spin size="large" />
    </div>
  );
}
