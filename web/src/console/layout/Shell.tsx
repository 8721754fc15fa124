/** The frame of all pages: heading, menu and the page itself. */
import { MenuOutlined } from "@ant-design/icons";
import { Button, Drawer } from "antd";
import { type ReactNode, useEffect, useState } from "react";
import { Link, useLocation } from "react-router";
import { useBrand, useRules } from "@/api/rules";
import { useTranslation } from "@/i18n";
import { useSignedIn } from "@/session/SignedInContext";
import { signOut } from "@/session/session";
import { useIdleLock } from "@/session/useIdleLock";
import { useFormats } from "../ui/titles";
import { NARROW, useMediaQuery } from "../ui/useMediaQuery";
import { LanguageSwitch } from "./LanguageSwitch";
import { MainMenu } from "./MainMenu";

export function Shell({ children }: { children: ReactNode }) {
  const { t } = useTranslation("console");
  const isNarrow = useMediaQuery(NARROW);
  useIdleLock(useRules().data?.console_idle_minutes);
  return (
    <div className="shell">
      <a className="skip" href="#content">
        {t("skip")}
      </a>
      <header className="shell-header">
        {isNarrow && <MenuDrawer />}
        <Link to="/" className="shell-brand">
          {useBrand()}
        </Link>
        {!isNarrow && <Account />}
      </header>
      {!isNarrow && (
        <div className="shell-side">
          <MainMenu />
        </div>
      )}
      <main id="content" className="shell-content" tabIndex={-1}>
        {children}
        <TimeZone />
      </main>
    </div>
  );
}

/** Times are those of the deployment's zone, wherever the reader is. */
function TimeZone() {
  const { t } = useTranslation("console");
  const { zone } = useFormats();
  return zone === undefined ? null : (
    <p className="quiet times">{t("times", { zone: zone.replaceAll("_", " ") })}</p>
  );
}

function MenuDrawer() {
  const { t } = useTranslation("console");
  const { pathname } = useLocation();
  const [isOpen, setOpen] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page closes the menu
  useEffect(() => setOpen(false), [pathname]);
  return (
    <>
      <Button
        type="text"
        icon={<MenuOutlined aria-hidden />}
        aria-label={t("menu.open")}
        aria-expanded={isOpen}
        onClick={() => setOpen(true)}
      />
      <Drawer open={isOpen} onClose={() => setOpen(false)} placement="left" title={t("menu.title")}>
        <MainMenu />
        <Account />
      </Drawer>
    </>
  );
}

function Account() {
  const { t } = useTranslation("console");
  const { email, roles } = useSignedIn();
  return (
    <div className="account">
      <span className="quiet">
        <Link to="/account">{email ?? t("account.title")}</Link> ·{" "}
        {roles.map((role) => t(`role.${role}`)).join(", ")}
      </span>
      <LanguageSwitch />
      <Button type="text" onClick={() => void signOut()}>
        {t("signOut")}
      </Button>
    </div>
  );
}
