/** The console: providers, then either the sign-in page or the guarded pages. */
import { QueryClientProvider } from "@tanstack/react-query";
import { App as AntApp, ConfigProvider, Spin } from "antd";
import { useTranslation } from "react-i18next";
import { BrowserRouter } from "react-router";
import { newQueryClient } from "@/api/queryClient";
import { isLanguage } from "@/i18n";
import { SignedInProvider, useSession, useSignedInQuery } from "@/session/SignedInContext";
import { Pages } from "./Pages";
import { SignInPage } from "./sign-in/SignInPage";
import { locales, theme } from "./theme";
import { ProblemNotice } from "./ui/ProblemNotice";

const queryClient = newQueryClient();

export function App() {
  const { i18n } = useTranslation();
  const language = isLanguage(i18n.language) ? i18n.language : "es";
  return (
    <ConfigProvider theme={theme} locale={locales[language]} button={{ autoInsertSpace: false }}>
      <AntApp>
        <QueryClientProvider client={queryClient}>
          <BrowserRouter basename="/console">
            <Guarded />
          </BrowserRouter>
        </QueryClientProvider>
      </AntApp>
    </ConfigProvider>
  );
}

function Guarded() {
  const session = useSession();
  switch (session.status) {
    case "starting":
      return <Waiting />;
    case "signed-out":
      queryClient.clear();
      return <SignInPage reason={session.reason} />;
    case "signed-in":
      return <ForStaff key={session.subject} subject={session.subject} />;
  }
}

function ForStaff({ subject }: { subject: string }) {
  const me = useSignedInQuery(subject);
  if (me.isPending) return <Waiting />;
  if (me.isError) return <ProblemNotice problem={me.error} onRetry={() => void me.refetch()} />;
  // A person's own session opens the registration's pages, not the console.
  if (!me.data.roles.some((role) => role !== "applicant")) return <SignInPage reason={null} />;
  return (
    <SignedInProvider me={me.data}>
      <Pages />
    </SignedInProvider>
  );
}

function Waiting() {
  const { t } = useTranslation();
  return (
    <div className="waiting" role="status" aria-label={t("waiting")}>
      <Spin size="large" />
    </div>
  );
}
