/** The frame of all pages: heading, menu and the page itself. */
import { Button, Layout } from "antd";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useSignedIn } from "@/session/SignedInContext";
import { signOut } from "@/session/session";
import { LanguageSwitch } from "./LanguageSwitch";

export function Shell({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  const me = useSignedIn();
  return (
    <Layout className="shell">
      <Layout.Header className="shell-header">
        <strong className="shell-brand">{t("brand")}</strong>
        <span className="shell-who">{me.email}</span>
        <LanguageSwitch />
        <Button type="text" onClick={() => void signOut()}>
          {t("signOut")}
        </Button>
      </Layout.Header>
      <Layout.Content className="shell-content">
        <main>{children}</main>
      </Layout.Content>
    </Layout>
  );
}
