import { Navigate } from "react-router";
import { useTranslation } from "@/i18n";
import { useSession } from "@/session/SignedInContext";
import { Page } from "../layout/Page";
import SignInForm from "./SignInForm";

export default function SignInPage() {
  const { t } = useTranslation("registration");
  if (useSession().status === "signed-in") return <Navigate to="/application" replace />;
  return (
    <Page title={t("signIn.title")}>
      <SignInForm />
    </Page>
  );
}
