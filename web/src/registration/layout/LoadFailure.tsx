/** Shown in place of a page whose files could not be loaded; nothing was sent by then. */
import { Component, type ReactNode } from "react";
import { useTranslation } from "@/i18n";
import { Page } from "./Page";

interface Props {
  children: ReactNode;
}

export class LoadFailure extends Component<Props, { hasFailed: boolean }> {
  override state = { hasFailed: false };

  static getDerivedStateFromError(): { hasFailed: boolean } {
    return { hasFailed: true };
  }

  override render(): ReactNode {
    return this.state.hasFailed ? <Reload /> : this.props.children;
  }
}

function Reload() {
  const { t } = useTranslation("registration");
  return (
    <Page title={t("loadFailure.title")} lead={t("loadFailure.text")}>
      <button type="button" className="button" onClick={() => window.location.reload()}>
        {t("retry")}
      </button>
    </Page>
  );
}
